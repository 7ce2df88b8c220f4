package io.nightshift.iceberg.destination;

import io.nightshift.destination.OfTheFiles;
import io.nightshift.testing.Nightly;

/// The whole contract for a catalog with Iceberg's REST protocol.
@OfTheFiles.OfAnother(IcebergFolderIT.class)
@Nightly(shortForm = {"IcebergRestIT", "IcebergFolderIT"})
class IcebergRestContractIT extends IcebergRestIT {}
