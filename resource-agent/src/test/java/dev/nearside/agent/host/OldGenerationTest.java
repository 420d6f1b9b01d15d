package dev.nearside.agent.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryManagerMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is picked in JVMs with each collector. */
class OldGenerationTest {
  /** Says in a JVM of its own what is picked there. */
  static final class Probe {
    private Probe() {}

    /** Prints the names of the pools, the collectors, and those of them that stop all else. */
    public static void main(String[] args) {
      OldGeneration old =
          OldGeneration.of(
              ManagementFactory.getMemoryPoolMXBeans(),
              ManagementFactory.getGarbageCollectorMXBeans());
      String pools =
          old.pools().stream().map(MemoryPoolMXBean::getName).collect(Collectors.joining(","));
      System.out.println(pools + ";" + names(old.collectors()) + ";" + names(old.stopping()));
    }

    private static String names(List<? extends MemoryManagerMXBean> beans) {
      return beans.stream().map(MemoryManagerMXBean::getName).collect(Collectors.joining(","));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -XX:+UseSerialGC                                      | Tenured Gen;MarkSweepCompact;MarkSweepCompact
          -XX:+UseParallelGC                                    | PS Old Gen;PS MarkSweep;PS MarkSweep
          -XX:+UseZGC                                           | ZGC Old Generation;ZGC Major Cycles,ZGC Major Pauses;ZGC Major Pauses
          -XX:+UseShenandoahGC -XX:ShenandoahGCMode=generational | ;;
          -XX:+UseShenandoahGC -XX:ShenandoahGCMode=satb         | Shenandoah;Shenandoah Pauses,Shenandoah Cycles;Shenandoah Pauses
          """)
  void of_aJvmWithThisCollector(String flags, String expected) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags.split(" ", -1)));
    command.addAll(List.of("-Xmx64m", "-cp", System.getProperty("java.class.path")));
    command.add(Probe.class.getName());
    Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var said = jvm.getInputStream()) {
      assertThat(new String(said.readAllBytes(), UTF_8).strip()).isEqualTo(expected);
    }
  }
}
