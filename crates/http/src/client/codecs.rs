//! Python's `codecs.lookup`, for the encodings that browsers also know.

use encoding_rs::Encoding;

/// The encoding with this name: a name that browsers know, or one of Python's, which ignores case, `-`, `_` and blanks
/// and has names of its own.
pub(super) fn lookup(name: &str) -> Option<&'static Encoding> {
    let known = |label: &str| Encoding::for_label(label.as_bytes());
    let words =
        name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase);
    let words: Vec<String> = words.collect();
    let [dense, dashed, underscored] = ["", "-", "_"].map(|between| words.join(between));
    known(name)
        .or_else(|| known(&dense))
        .or_else(|| known(&dashed))
        .or_else(|| known(&underscored))
        .or_else(|| known(of_python(&dense)))
        .or_else(|| known(&dense.replace("iso8859", "iso-8859-")))
        .or_else(|| known(&format!("windows-{}", dense.trim_start_matches("windows"))))
}

/// The browsers' name for an encoding that they do not know by this one.
fn of_python(dense: &str) -> &str {
    match dense {
        "646" | "us" | "iso646us" | "ansix341986" => "us-ascii",
        "8859" | "iso8859" | "latin" | "iso885911987" => "latin1",
        "latin7" | "l7" => "iso-8859-13",
        "latin8" | "l8" | "isoceltic" => "iso-8859-14",
        "latin9" => "iso-8859-15",
        "latin10" | "l10" => "iso-8859-16",
        "u8" | "utf" | "utf8sig" | "utf8ucs2" | "utf8ucs4" | "cp65001" => "utf-8",
        "u16" | "utf16" => "utf-16",
        "utf16le" | "unicodelittleunmarked" => "utf-16le",
        "utf16be" | "unicodebigunmarked" => "utf-16be",
        "macroman" => "macintosh",
        "koi8r" => "koi8-r",
        "koi8u" => "koi8-u",
        "932" | "cp932" | "mskanji" => "shift_jis",
        "936" | "cp936" | "ms936" => "gbk",
        "949" | "cp949" | "ms949" | "uhc" => "euc-kr",
        "950" | "cp950" | "ms950" | "big5tw" => "big5",
        "eucjp" | "ujis" => "euc-jp",
        "euckr" | "ksx1001" => "euc-kr",
        "euccn" | "eucgb2312cn" | "gb23121980" => "gb2312",
        "gb180302000" => "gb18030",
        "iso2022jp" => "iso-2022-jp",
        "tis620" | "tis62025291" => "tis-620",
        "thai" => "iso-8859-11",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of Python's `encodings.aliases`.
    const NAMES: [(&str, &str); 19] = [
        ("windows-1252", "latin-1 latin_1 latin1 Latin L1 8859 cp819 iso8859-1 ISO_8859_1"),
        ("windows-1252", "cp1252 1252 windows_1252 Windows-1252 us-ascii us 646 ascii"),
        ("windows-1251", "cp1251 1251 windows_1251"),
        ("UTF-8", "utf-8 utf8 UTF_8 u8 utf utf-8-sig cp65001"),
        ("UTF-16LE", "utf-16 utf_16_le u16"),
        ("UTF-16BE", "utf_16_be utf-16be"),
        ("ISO-8859-2", "latin2 latin-2 iso8859_2 l2"),
        ("ISO-8859-13", "latin7 iso8859-13 l7"),
        ("ISO-8859-15", "latin9 latin-9 iso8859_15 l9"),
        ("ISO-8859-16", "latin10 iso8859_16"),
        ("ISO-8859-5", "cyrillic iso8859_5"),
        ("KOI8-R", "koi8_r koi8-r cskoi8r KOI8R"),
        ("macintosh", "mac_roman macroman macintosh"),
        ("Shift_JIS", "shift_jis sjis s_jis ms_kanji cp932 932 csshiftjis"),
        ("EUC-JP", "euc_jp eucjp ujis u_jis"),
        ("EUC-KR", "euc_kr euckr cp949 uhc korean ks_c_5601"),
        ("GBK", "gbk cp936 936 gb2312 euc_cn chinese"),
        ("gb18030", "gb18030 gb18030_2000"),
        ("Big5", "big5 big5_tw csbig5 cp950"),
    ];

    #[test]
    fn the_names_of_python_are_known() {
        for (encoding, names) in NAMES {
            for name in names.split(' ') {
                assert_eq!(lookup(name).map(Encoding::name), Some(encoding), "{name}");
            }
        }
        for name in ["", "-", "klingon", "windows", "utf-32", "latin-100"] {
            assert_eq!(lookup(name), None, "{name}");
        }
    }
}
