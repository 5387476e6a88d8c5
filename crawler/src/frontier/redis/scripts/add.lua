add(q.pages, q.settings)
return '{}'
