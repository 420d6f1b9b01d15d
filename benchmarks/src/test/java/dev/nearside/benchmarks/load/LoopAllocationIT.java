package dev.nearside.benchmarks.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against another JVM, with the flag of the launcher that hides its performance data. */
@Timeout(60)
final class LoopAllocationIT {
  private static final int LOOPS = 2;
  private static final int THREADS = 3; // one of them is no loop
  private static final long HEADER_BYTES = 16; // of a byte[], at most
  private static final long SIZE = 1_000_000;

  private Process process;
  private Writer in;
  private BufferedReader out;

  @BeforeEach
  void start() throws IOException {
    process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-XX:+UseSerialGC",
                    "-XX:-UsePerfData",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Allocator.class.getName()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    in = process.outputWriter(StandardCharsets.US_ASCII);
    out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    assertThat(out.readLine()).isEqualTo("ready");
  }

  @AfterEach
  void stop() throws Exception {
    process.destroyForcibly().waitFor();
  }

  @Test
  void bytes_loopsAllocateSoMuch_areJustThatMuchMore() throws Exception {
    try (LoopAllocation allocation = LoopAllocation.of(process.pid())) {
      allocate(SIZE); // what a thread allocates once, for its first wait
      long before = allocation.bytes();

      allocate(SIZE);

      assertThat(allocation.bytes() - before)
          .isBetween(LOOPS * SIZE, LOOPS * (SIZE + HEADER_BYTES));
    }
  }

  @Test
  void bytes_loopsDoNothing_areTheSame() throws Exception {
    try (LoopAllocation allocation = LoopAllocation.of(process.pid())) {
      allocate(SIZE);
      long before = allocation.bytes();

      for (int i = 0; i < 10; i++) {
        assertThat(allocation.bytes()).isEqualTo(before);
      }
    }
  }

  @Test
  void of_processThatHasEnded_isRefused() throws Exception {
    process.destroyForcibly().waitFor();

    assertThatThrownBy(() -> LoopAllocation.of(process.pid())).isInstanceOf(IOException.class);
  }

  private void allocate(long bytes) throws IOException {
    in.write(bytes + "\n");
    in.flush();
    assertThat(out.readLine()).isEqualTo(Long.toString(THREADS * bytes));
  }
}
