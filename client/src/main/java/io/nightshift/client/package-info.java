/// A cluster as a program sees it that starts batches and waits for them. Depends on `protocol` only.
@NullMarked
package io.nightshift.client;

import org.jspecify.annotations.NullMarked;
