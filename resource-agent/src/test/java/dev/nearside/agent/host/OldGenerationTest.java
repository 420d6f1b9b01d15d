package dev.nearside.agent.host;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryManagerMXBean;
import java.lang.management.MemoryPoolMXBean;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

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
      System.out.println(
          old.pools().stream().map(MemoryPoolMXBean::getName).collect(Collectors.joining(", ")));
      System.out.println(names(old.collectors()));
      System.out.println(names(old.stopping()));
    }

    private static String names(List<? extends MemoryManagerMXBean> beans) {
      return beans.stream().map(MemoryManagerMXBean::getName).collect(Collectors.joining(", "));
    }
  }

  private record Picked(String pools, String collectors, String stopping) {}

  /** Returns what is picked by a JVM with these flags, if it knows them. */
  private static Picked pickedWith(String... flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-Xmx64m", "-cp", System.getProperty("java.class.path")));
    command.add(Probe.class.getName());
    Process jvm = new ProcessBuilder(command).redirectError(Redirect.DISCARD).start();
    try (var said = jvm.getInputStream()) {
      String[] lines = new String(said.readAllBytes(), UTF_8).split("\n", -1);
      assumeThat(lines).as("what this build of the JDK has").hasSizeGreaterThan(2);
      return new Picked(lines[0], lines[1], lines[2]);
    }
  }

  @Test
  void of_collectorsThatStopAll_isTheFullOne() throws IOException {
    assertThat(pickedWith("-XX:+UseSerialGC"))
        .isEqualTo(new Picked("Tenured Gen", "MarkSweepCompact", "MarkSweepCompact"));
    assertThat(pickedWith("-XX:+UseParallelGC"))
        .isEqualTo(new Picked("PS Old Gen", "PS MarkSweep", "PS MarkSweep"));
  }

  @Test
  void of_g1_isAllThatTouchTheOldRegions() throws IOException {
    String all = "G1 Young Generation, G1 Concurrent GC, G1 Old Generation";
    assertThat(pickedWith("-XX:+UseG1GC")).isEqualTo(new Picked("G1 Old Gen", all, all));
  }

  /** After its minor cycles, and while a major one runs, the old pool is read with its garbage. */
  @Test
  void of_z_isTheEndOfAMajorCycle_andThePausesOfAll() throws IOException {
    assertThat(pickedWith("-XX:+UseZGC"))
        .isEqualTo(
            new Picked(
                "ZGC Old Generation", "ZGC Major Cycles", "ZGC Minor Pauses, ZGC Major Pauses"));
  }

  @Test
  void of_shenandoah_isKnownOnlyWithoutGenerations() throws IOException {
    assertThat(pickedWith("-XX:+UseShenandoahGC", "-XX:ShenandoahGCMode=satb"))
        .isEqualTo(new Picked("Shenandoah", "Shenandoah Cycles", "Shenandoah Pauses"));
    assertThat(pickedWith("-XX:+UseShenandoahGC", "-XX:ShenandoahGCMode=generational"))
        .isEqualTo(new Picked("", "", "Shenandoah Pauses"));
  }
}
