"""The JSON door: what pages show and take, for programs; versioned, with the same sign-in and the same rights."""
