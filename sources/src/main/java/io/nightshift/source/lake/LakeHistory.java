package io.nightshift.source.lake;

import java.util.List;

/// A snapshot, with the commits up to it that its table still has.
///
/// @param commits in any order
/// @param forgotten why a commit is not among them, as the end of a sentence that begins with the commit
public record LakeHistory(LakeSnapshot snapshot, List<LakeCommit> commits, String forgotten) {

    public LakeHistory {
        commits = List.copyOf(commits);
    }
}
