/// Azure Blob Storage, by the SDK of Azure.
@NullMarked
package io.nightshift.azure;

import org.jspecify.annotations.NullMarked;
