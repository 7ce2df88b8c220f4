package io.nightshift.coordinator.schedule;

import io.nightshift.coordinator.schedule.ScheduleServices.StartMode;
import io.nightshift.coordinator.schedule.ScheduleServices.StartRequest;
import io.nightshift.coordinator.schedule.ScheduledJobState.Revision;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.LongStream;

/// The submissions of a job's runs that are not answered. Each is repeated until it is.
final class Submissions {

    /// The most submissions under way, of live runs and of each backfill.
    static final int AT_ONCE = 10;

    private static final Duration SHORTEST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final String job;
    private final Map<String, Question> questions = new HashMap<>();

    Submissions(String job) {
        this.job = job;
    }

    boolean isEmpty() {
        return questions.isEmpty();
    }

    boolean isUnderWay(String key, long nanos) {
        Question question = questions.get(key);
        return question != null && question.isUnderWay(nanos);
    }

    /// Whether a submission of a run was sent, and its outcome is not known.
    boolean isUnanswered(String key) {
        Question question = questions.get(key);
        return question != null && question.since != null;
    }

    /// Submits a run, unless a submission of it is under way, or must not be repeated yet.
    ///
    /// @param key the idempotency key
    /// @return whether a submission was begun
    boolean submit(ScheduleDraft draft, String key, Revision revision, Map<String, String> parameters, StartMode mode) {
        Question question = questions.computeIfAbsent(key, first -> new Question(draft.nanos, SHORTEST_RETRY));
        if (!question.isDue(draft.nanos)) {
            return false;
        }
        question.ask(draft.nanos);
        draft.actions.add(new ScheduleAction.Start(
                new StartRequest(job, key, revision.text(), revision.folder(), parameters, mode, revision.by())));
        return true;
    }

    /// Repeats a submission later.
    void postpone(String key, long nanos) {
        Question question = questions.get(key);
        if (question != null) {
            question.postpone(nanos, LONGEST_RETRY);
        }
    }

    /// The time until a run may be submitted. It is negative if it has passed.
    long untilDue(String key, long nanos) {
        Question question = questions.get(key);
        return question == null ? 0 : question.next - nanos;
    }

    /// The least time for which the needs of a run have been away. Called when the run could not be submitted.
    Duration awayFor(String key, long nanos) {
        Question question = questions.get(key);
        if (question == null) {
            return Duration.ZERO;
        }
        question.awaySince = question.awaySince == null ? Long.valueOf(nanos) : question.awaySince;
        return Duration.ofNanos(nanos - question.awaySince);
    }

    /// Drops the submissions whose answers nobody needs any more. The others keep their backoff.
    ///
    /// @param isNeeded whether the run with a key has no answer
    void retain(Predicate<String> isNeeded, long nanos) {
        questions.keySet().removeIf(isNeeded.negate());
        // A submission that is due, but was not sent, does not wait for a time. It waits, for example, for the end
        // of a pause.
        questions.values().forEach(question -> question.isHeld = question.isDue(nanos));
    }

    /// When each is repeated, on the monotonic clock.
    LongStream wakes() {
        return questions.values().stream().filter(question -> !question.isHeld).mapToLong(Question::wake);
    }
}
