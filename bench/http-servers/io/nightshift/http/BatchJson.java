package io.nightshift.http;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;

/// The answer of the routes: about 700 bytes, written anew for each request.
final class BatchJson {

    private static final AtomicLong ANSWERED = new AtomicLong();

    private BatchJson() {}

    static byte[] describe(String batch) {
        long count = ANSWERED.incrementAndGet();
        StringBuilder json = new StringBuilder(1_024);
        json.append("{\"batch\":\"").append(batch).append("\",\"state\":\"running\",\"answered\":").append(count);
        json.append(",\"at\":").append(System.currentTimeMillis()).append(",\"partitions\":[");
        for (int partition = 0; partition < 10; partition++) {
            json.append(partition == 0 ? "" : ",").append("{\"partition\":").append(partition);
            json.append(",\"attempt\":1,\"rows\":").append(100_000 + count % 1_000);
            json.append(",\"state\":\"scored\"}");
        }
        return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    static byte[] event() {
        return ("event: progress\ndata: {\"rows\":" + ANSWERED.get() + "}\n\n").getBytes(StandardCharsets.UTF_8);
    }
}
