package dev.nearside.benchmarks.footprint;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopsTest {
  private static final String COLLECTION =
      "[2.1s] Safepoint \"SerialCollect\", Time since last: 310 ns, Reaching safepoint: 98000 ns,"
          + " At safepoint: 6401000 ns, Leaving safepoint: 1000 ns, Total: 6500000 ns, Threads: 1"
          + " runnable, 14 total\n";

  @Test
  void of_lineOfEachStop_isItsWholeLength() {
    assertThat(Stops.of(COLLECTION + "[2.2s] something else\n" + COLLECTION))
        .containsExactly(6.5, 6.5);
    assertThat(Stops.of("")).isEmpty();
  }

  @Test
  void begin_whatWasLoggedBefore_doesNotCount(@TempDir Path directory) throws Exception {
    Path log = directory.resolve("stops.log");
    Stops stops = new Stops(log);
    Files.writeString(log, COLLECTION);
    stops.begin();
    assertThat(stops.milliseconds()).isEmpty();
    Files.writeString(log, COLLECTION + COLLECTION);
    assertThat(stops.milliseconds()).containsExactly(6.5);
  }

  @Test
  void logged_launch_keepsItsLabelAndFlags() {
    Launch launch = new Stops(Path.of("stops.log")).logged(Launch.of("small", "-Xmx64m"));
    assertThat(launch.label()).isEqualTo("small");
    assertThat(launch.flags())
        .isEqualTo(List.of("-Xmx64m", "-Xlog:safepoint:file=stops.log:uptime:filecount=0"));
  }
}
