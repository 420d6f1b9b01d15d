package dev.nearside.benchmarks.footprint;

import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JDK 25 ahead-of-time cache of a sidecar: classes loaded, linked and profiled by a run in which
 * clients ask a little (JEP 483, 514, 515).
 */
final class AotCache {
  private static final int ROUNDS = 200;
  private static final int KEYS = 30;

  private AotCache() {}

  /**
   * Makes one with the flags of {@code launch}, and returns the launch that uses it; null where the
   * JVM writes none, for example because its class path has directories.
   */
  static @Nullable Launch train(Place place, Launch launch, int redisPort)
      throws IOException, InterruptedException {
    Path file = Files.createTempFile(place.directory(), "nearside", ".aot");
    Files.delete(file);
    List<String> flags = new ArrayList<>(launch.flags());
    flags.add("-XX:AOTCacheOutput=" + file);
    Launch training = new Launch("training", flags);
    try (Sidecar sidecar = Sidecar.start(training, redisPort, List.of(), place.directory());
        RedisConnection client = sidecar.connect()) {
      for (int round = 0; round < ROUNDS; round++) {
        ask(client);
      }
    }
    if (!Files.exists(file)) {
      place.say("no AOT cache was written");
      return null;
    }
    place.say("AOT cache of %d MB", Files.size(file) / 1_000_000);
    List<String> with = new ArrayList<>(launch.flags());
    with.add("-XX:AOTCache=" + file);
    return new Launch(launch.label() + ", AOT cache", with);
  }

  private static void ask(RedisConnection client) throws IOException {
    for (int key = 0; key < KEYS; key++) {
      client.send("SET", "trained:" + key, "v" + key);
      client.send("GET", "trained:" + key);
      client.send("INCR", "trained");
    }
    for (int key = 0; key < KEYS; key++) {
      client.receive();
      if (!client.receive().equals("v" + key)) {
        throw new IOException("GET is answered wrongly");
      }
      client.receive();
    }
  }
}
