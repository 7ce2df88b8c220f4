/// The S3 protocol, by the AWS SDK.
@NullMarked
package io.nightshift.storage.objectstore.s3;

import org.jspecify.annotations.NullMarked;
