//! The few things from Python's standard library that the guide's programs use besides asyncio.
