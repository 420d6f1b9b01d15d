package dev.nearside.benchmarks.footprint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How long a JVM stands still at its safepoints, as it logs them itself: what a collector stops
 * everything for, and what the machine is late by meanwhile. Where an allocation waits for a
 * concurrent collector, that is no safepoint, and shows at the clients only.
 */
final class Stops {
  private static final Pattern TOTAL = Pattern.compile("Safepoint .* Total: +(\\d+) ns");
  private static final double NS_PER_MS = 1e6;

  private final Path log;
  private long bytesBefore;

  /** Creates what reads the stops of a JVM that is launched by {@link #logged}. */
  Stops(Path log) {
    this.log = log;
  }

  /** Returns {@code launch} with a log of its stops. */
  Launch logged(Launch launch) {
    List<String> flags = new ArrayList<>(launch.flags());
    flags.add("-Xlog:safepoint:file=" + log + ":uptime:filecount=0");
    return new Launch(launch.label(), flags);
  }

  /** From now on they count. */
  void begin() throws IOException {
    bytesBefore = Files.size(log);
  }

  /** Returns those that count, in milliseconds, in their order. */
  double[] milliseconds() throws IOException {
    byte[] all = Files.readAllBytes(log);
    return of(
        new String(Arrays.copyOfRange(all, (int) bytesBefore, all.length), StandardCharsets.UTF_8));
  }

  static double[] of(String lines) {
    return TOTAL
        .matcher(lines)
        .results()
        .mapToDouble(stop -> Long.parseLong(stop.group(1)) / NS_PER_MS)
        .toArray();
  }
}
