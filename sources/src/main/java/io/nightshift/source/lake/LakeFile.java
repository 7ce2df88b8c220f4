package io.nightshift.source.lake;

import io.nightshift.source.parquet.TableFile;
import org.jspecify.annotations.Nullable;

/// A data file of a snapshot.
///
/// @param deletes what is deleted of it; null if nothing is
public record LakeFile(TableFile file, @Nullable LakeDeletes deletes) {}
