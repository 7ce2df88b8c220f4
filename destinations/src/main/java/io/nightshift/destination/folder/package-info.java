/// The code that destinations share if their output is a folder of files for each batch: staging, gathering,
/// publishing with one rename, comparing with the ledger, removing. A kind of file is a
/// [FileFormat][io.nightshift.destination.folder.FileFormat].
@NullMarked
package io.nightshift.destination.folder;

import org.jspecify.annotations.NullMarked;
