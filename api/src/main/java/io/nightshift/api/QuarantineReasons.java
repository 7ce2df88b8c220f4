package io.nightshift.api;

import java.util.List;

/// Why rows of a batch are quarantined.
///
/// @param batch the batch's full ID
/// @param state the batch's state, such as `failed`
/// @param quarantined number of quarantined rows in all committed partitions
/// @param counted number of these rows that were read and counted by reason, from the first partition on
/// @param places the files or the table that hold the rows
/// @param reasons the reasons, the most frequent first
public record QuarantineReasons(
        String batch, String state, long quarantined, long counted, List<String> places, List<ReasonCount> reasons) {

    /// Keeps unmodifiable copies of the lists.
    public QuarantineReasons {
        places = List.copyOf(places);
        reasons = List.copyOf(reasons);
    }

    /// The rows of one reason.
    ///
    /// @param reason the same text for all these rows
    /// @param rows number of counted rows; at least 1
    /// @param example one of them
    public record ReasonCount(String reason, long rows, QuarantinedRow example) {}
}
