/// The names of data, for catalogues.
@NullMarked
package io.nightshift.storage.dataset;

import org.jspecify.annotations.NullMarked;
