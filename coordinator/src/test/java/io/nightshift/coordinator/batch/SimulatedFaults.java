package io.nightshift.coordinator.batch;

import java.util.random.RandomGenerator;

/// The faults of a simulation and their frequencies. Every run draws its own: some faults are absent, so
/// that the others occur in more combinations.
///
/// Shares are of the occasions, 0 to 1; times are seconds between two faults on average, 0 for none.
///
/// @param drop messages that are lost
/// @param repeat messages that come twice
/// @param slow messages that take up to a minute
/// @param writeFails journal writes that fail and are not stored
/// @param writeUnknown journal writes that are stored, and reported as failed
/// @param crashAfterWrite journal writes after which the coordinator is killed before it hears of it
/// @param crashBetween writes after which it is killed with only some of the actions done
/// @param attemptFails attempts that fail, and might not if tried again
/// @param attemptBroken attempts that fail for good
/// @param taskFails background tasks that fail, before or after their effect
/// @param taskBroken background tasks that fail permanently
/// @param taskHangs background tasks that stall, and continue later
/// @param inputMissing plans that a node can't make, because it does not see the input
/// @param helperSilent plans of other nodes that do not answer, and may plan all the same
/// @param workerLeaves attempts that are handed back, since the worker's node leaves
/// @param slowScoring attempts that take longer than a lease
/// @param workerFreezes until a worker is stopped for up to a minute
/// @param workerDies until a worker's process is killed
/// @param coordinatorDies until a coordinator's process is killed
/// @param coordinatorFreezes until it is stopped for up to a minute
/// @param splits until a second coordinator is started beside the first
/// @param storageLost until the storage is away for up to a minute
/// @param registerDies until the register is started anew
/// @param control until an operator wants something
/// @param sourceChanges until a file of the source is added, changed or removed, and the job is run again
record SimulatedFaults(
        double drop,
        double repeat,
        double slow,
        double writeFails,
        double writeUnknown,
        double crashAfterWrite,
        double crashBetween,
        double attemptFails,
        double attemptBroken,
        double taskFails,
        double taskBroken,
        double taskHangs,
        double inputMissing,
        double helperSilent,
        double workerLeaves,
        double slowScoring,
        double workerFreezes,
        double workerDies,
        double coordinatorDies,
        double coordinatorFreezes,
        double splits,
        double storageLost,
        double registerDies,
        double control,
        double sourceChanges) {

    static final SimulatedFaults NONE =
            new SimulatedFaults(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    static SimulatedFaults draw(RandomGenerator random) {
        return new SimulatedFaults(
                share(random, 0.3),
                share(random, 0.3),
                share(random, 0.2),
                share(random, 0.1),
                share(random, 0.1),
                share(random, 0.1),
                share(random, 0.1),
                share(random, 0.3),
                share(random, 0.02),
                share(random, 0.5),
                share(random, 0.1),
                share(random, 0.3),
                share(random, 0.9),
                share(random, 0.5),
                share(random, 0.2),
                share(random, 0.3),
                every(random, 10),
                every(random, 15),
                every(random, 20),
                every(random, 20),
                every(random, 15),
                every(random, 20),
                every(random, 20),
                every(random, 5),
                random.nextBoolean() ? 0 : every(random, 8));
    }

    private static double share(RandomGenerator random, double most) {
        return random.nextInt(5) < 2 ? 0 : random.nextDouble() * most;
    }

    private static double every(RandomGenerator random, double least) {
        return random.nextInt(5) < 2 ? 0 : least * (1 + 5 * random.nextDouble());
    }
}
