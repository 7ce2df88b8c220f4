package io.nightshift.http;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Measures each server in turn, round after round: the speed of the busy threads without clients, then
/// with a thousand requests a second and 200 watches. Prints a table in Markdown.
final class Turns {

    private static final int REQUESTS_PER_SECOND = 1_000;
    private static final int WATCHES = 200;

    /// Rounds that are not counted, for the just-in-time compiler.
    private static final int WARM_UP = 2;

    private static final int CONNECTIONS = 64;
    private static final OperatingSystemMXBean SELF =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private Turns() {}

    /// @param cpu seconds of the server's threads in the time measured, garbage collection and compiler
    /// included
    /// @param slower time of the busy threads' work, as a multiple of that without clients
    /// @param work processor time of the busy threads' work, as a multiple of that without clients
    private record Measured(
            double cpu,
            double idleCpu,
            double slower,
            double work,
            double clients,
            double requests,
            double median,
            double p99,
            double errors,
            double events) {}

    private record Work(double seconds, double speed, double cpu, double busyCpu) {
        static Work parse(String line) {
            String[] words = line.split(" ", -1);
            return new Work(
                    Double.parseDouble(words[0]),
                    Double.parseDouble(words[1]),
                    Double.parseDouble(words[2]),
                    Double.parseDouble(words[3]));
        }

        double cpuPerUnit() {
            return busyCpu / (speed * seconds);
        }
    }

    /// @param arguments wrk's script, rounds, seconds, then `NAME=CLASSPATH` for each server
    public static void main(String[] arguments) throws Exception {
        String script = arguments[0];
        int rounds = Integer.parseInt(arguments[1]);
        int seconds = Integer.parseInt(arguments[2]);
        Map<String, Child> servers = new LinkedHashMap<>();
        Map<String, List<Measured>> measured = new LinkedHashMap<>();
        try {
            for (int i = 3; i < arguments.length; i++) {
                String[] words = arguments[i].split("=", 2);
                servers.put(words[0], new Child(words[1], List.of(words[0], "false")));
                measured.put(words[0], new ArrayList<>());
            }
            for (int round = 1 - WARM_UP; round <= rounds; round++) {
                for (Map.Entry<String, Child> server : servers.entrySet()) {
                    Measured result = measure(server.getValue(), script, seconds);
                    System.err.println(round + " " + server.getKey() + " " + result);
                    if (round > 0) {
                        measured.get(server.getKey()).add(result);
                    }
                }
            }
        } finally {
            servers.values().forEach(Child::close);
        }
        System.out.printf(
                "%d rounds of %d s on %d processors; medians, and (minimum–maximum).%n%n",
                rounds, seconds, Runtime.getRuntime().availableProcessors());
        System.out.println("| server | server, CPU s in 10 s | of the processors | busy threads' CPU for the same work"
                + " | busy threads' time for it | less the clients' share | answers/s | median, ms | p99, ms | events/s | errors |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|---|");
        measured.forEach((name, results) -> System.out.printf(
                Locale.ROOT,
                "| %s | **%.2f** (%.2f–%.2f) | %.1f %% | × %.3f | × %.3f (%.3f–%.3f) | × %.3f | %.0f | %.1f | %.1f | %.0f | %.0f |%n",
                name,
                at(0.5, results, Measured::cpu),
                at(0, results, Measured::cpu),
                at(1, results, Measured::cpu),
                at(0.5, results, Measured::cpu) / 10 / Runtime.getRuntime().availableProcessors() * 100,
                at(0.5, results, Measured::work),
                at(0.5, results, Measured::slower),
                at(0, results, Measured::slower),
                at(1, results, Measured::slower),
                at(0.5, results, Turns::withoutClients),
                at(0.5, results, Measured::requests),
                at(0.5, results, Measured::median),
                at(0.5, results, Measured::p99),
                at(0.5, results, Measured::events),
                at(1, results, Measured::errors)));
    }

    private static double withoutClients(Measured one) {
        return one.slower() * (1 - one.clients() / Runtime.getRuntime().availableProcessors());
    }

    private static double at(double quantile, List<Measured> results, ToDoubleFunction<Measured> value) {
        double[] sorted = results.stream().mapToDouble(value).sorted().toArray();
        return sorted[(int) Math.round(quantile * (sorted.length - 1))];
    }

    private static Measured measure(Child server, String script, int seconds) throws Exception {
        server.tell("work " + seconds);
        Work alone = Work.parse(server.answer());
        Process wrk = new ProcessBuilder(
                        "wrk", "--threads", "1", "--connections", String.valueOf(CONNECTIONS), "--timeout", "10s",
                        "--duration", (seconds + 3) + "s", "--script", script,
                        "http://127.0.0.1:" + server.port + "/v1/batches/x", "--",
                        String.valueOf(REQUESTS_PER_SECOND))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Work loaded;
        double clients;
        double events;
        String last;
        try (Watchers watchers = new Watchers(server.port, WATCHES)) {
            Thread.sleep(1_000);
            long before = SELF.getProcessCpuTime() + cpu(wrk);
            long told = watchers.events();
            server.tell("work " + seconds);
            loaded = Work.parse(server.answer());
            clients = (SELF.getProcessCpuTime() + cpu(wrk) - before) / 1e9 / loaded.seconds();
            events = (watchers.events() - told) / loaded.seconds();
            last = wrk.inputReader().lines().reduce("", (first, second) -> second);
        }
        double perTen = 10 / loaded.seconds();
        return new Measured(
                loaded.cpu() * perTen,
                alone.cpu() * 10 / alone.seconds(),
                alone.speed() / loaded.speed(),
                loaded.cpuPerUnit() / alone.cpuPerUnit(),
                clients,
                number(last, "requests") / number(last, "seconds"),
                number(last, "median"),
                number(last, "p99"),
                number(last, "errors"),
                events);
    }

    private static long cpu(Process process) {
        return process.info().totalCpuDuration().orElseThrow().toNanos();
    }

    private static double number(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":([0-9.]+)").matcher(json);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no " + name + " in " + json);
        }
        return Double.parseDouble(matcher.group(1));
    }
}
