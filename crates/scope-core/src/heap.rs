//! Gives back to the kernel what the heap holds and nobody uses: for programs that run for months. When that is to happen is theirs to know.

/// Gives back every page that nothing on the heap uses. The allocator itself does so at the heap's end only, so that a few small things that outlive a burst
/// keep all of it. Takes about a millisecond for some ten megabytes; what is used again is then taken anew. Does nothing where the C library is not glibc, and
/// little where the program has another allocator beside it: such a one gives back by itself.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // Whether anything was given back changes nothing.
        let _any = glibc::malloc_trim(0);
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    #[expect(
        unsafe_code,
        reason = "declares a function of the C library that takes a number, may be called by any thread at any time, and touches nothing in use"
    )]
    unsafe extern "C" {
        pub(super) safe fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
}
