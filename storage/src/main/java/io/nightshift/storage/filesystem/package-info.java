/// Files that must survive a crash: staging, forcing, digesting and deleting them.
@NullMarked
package io.nightshift.storage.filesystem;

import org.jspecify.annotations.NullMarked;
