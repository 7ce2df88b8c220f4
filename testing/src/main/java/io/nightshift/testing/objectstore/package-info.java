/// A server of the S3 protocol for tests, and a proxy that disturbs it.
@NullMarked
package io.nightshift.testing.objectstore;

import org.jspecify.annotations.NullMarked;
