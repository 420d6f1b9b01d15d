package dev.nearside.benchmarks.capture;

import dev.nearside.benchmarks.servers.RedisConnection;
import dev.nearside.benchmarks.servers.ServerException;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Changes one row after the other, and asks for each until it is fresh. For one thread. */
final class Freshness {
  private static final int CHANGED = 500; // of the rows, the first
  private static final long STEP_NS = 200_000; // so that asking does not take a core for itself
  private static final long GIVE_UP_NS = Duration.ofSeconds(20).toNanos();

  private final Site site;
  private long changes;

  Freshness(Site site) {
    this.site = site;
  }

  /**
   * Returns how long it took from the end of each commit until GET gave the new value, in
   * milliseconds; every value was in the sidecar's memory before.
   */
  List<Double> measure(int count, Duration pause)
      throws IOException, SQLException, InterruptedException {
    List<Double> millis = new ArrayList<>();
    try (Connection connection = site.postgres().connect();
        PreparedStatement update =
            connection.prepareStatement("UPDATE row SET value = ? WHERE id = ?");
        RedisConnection client = RedisConnection.open(site.port())) {
      for (int i = 0; i < count; i++) {
        long id = 1 + changes % CHANGED;
        String key = "row:" + id;
        String before = client.call("GET", key);
        while (!client.call("GET", key).equals(before)) {
          before = client.call("GET", key);
        }
        String value = "changed " + ++changes;
        update.setString(1, value);
        update.setLong(2, id);
        update.executeUpdate();
        millis.add(untilFresh(client, key, value));
        LockSupport.parkNanos(pause.toNanos());
      }
    }
    return millis;
  }

  private double untilFresh(RedisConnection client, String key, String value)
      throws IOException, InterruptedException {
    long committedNs = System.nanoTime();
    for (String now = client.call("GET", key); !now.equals(value); now = client.call("GET", key)) {
      if (System.nanoTime() - committedNs > GIVE_UP_NS) {
        throw new ServerException(
            "%s does not become '%s': it is '%s', and %s"
                .formatted(key, value, now, site.states(key)));
      }
      LockSupport.parkNanos(STEP_NS);
    }
    return (System.nanoTime() - committedNs) / 1e6;
  }
}
