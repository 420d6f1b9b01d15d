package dev.nearside.benchmarks.profile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@Timeout(120)
final class ProfileRunIT {
  private static final String NAME = "profiled-";

  @TempDir private Path directory;

  @Test
  void profile_forAnInstant_saysWhereTheLoopsRun() throws Exception {
    int status =
        new CommandLine(new ProfileRun())
            .execute(
                "--seconds=1",
                "--warmup=0.1",
                "--first=0.5",
                "--connections=4",
                "--keys=200",
                "--out=" + directory);

    assertThat(status).isZero();
    JsonNode report = new ObjectMapper().readTree(directory.resolve("profile.json").toFile());
    assertThat(report.at("/tables/0/rows")).hasSize(2);
    assertThat(report.at("/tables/1/rows")).isNotEmpty();
  }

  @Test
  void samples_ofAThreadThatWaits_countIt() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    List<RecordedEvent> events;
    Path file = directory.resolve("waits.jfr");
    try (Recording recording = new Recording()) {
      recording.enable(FlightRecording.PARK).withThreshold(Duration.ZERO);
      recording.start();
      Thread thread = Thread.ofPlatform().name(NAME + "1").start(() -> await(goOn));
      while (thread.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      goOn.countDown();
      thread.join();
      recording.stop();
      recording.dump(file);
      events = RecordingFile.readAllEvents(file);
    }

    assertThat(LoopSamples.of(events, NAME).lockWaits()).isPositive();
    assertThat(LoopSamples.of(events, "nobody-").lockWaits()).isZero();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
