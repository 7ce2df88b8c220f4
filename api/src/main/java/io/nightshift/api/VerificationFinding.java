package io.nightshift.api;

/// The result of one check of a verification.
///
/// @param what what was checked, in a word or two
/// @param outcome `proved`, `broken` (not as it must be, or it could not be checked), or `open` (it can't be
///     proved: the batch is not complete, or its input has changed)
/// @param detail a sentence that names the entry, the partition or the file
public record VerificationFinding(String what, String outcome, String detail) {}
