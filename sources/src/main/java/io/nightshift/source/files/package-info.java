/// The files that a job's paths name, of every kind that is read from files: which there are, their versions,
/// and what a query reads in place of each.
@NullMarked
package io.nightshift.source.files;

import org.jspecify.annotations.NullMarked;
