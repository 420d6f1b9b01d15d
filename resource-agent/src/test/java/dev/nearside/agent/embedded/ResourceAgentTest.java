package dev.nearside.agent.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.agent.Level;
import dev.nearside.agent.LevelChange;
import dev.nearside.agent.PressureSnapshot;
import dev.nearside.agent.Resource;
import dev.nearside.agent.Scope;
import dev.nearside.agent.host.Fixture;
import dev.nearside.agent.host.ProcessHooks;
import dev.nearside.agent.host.Reading;
import dev.nearside.agent.host.Readings;
import dev.nearside.agent.host.Sensor;
import io.prometheus.client.CollectorRegistry;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResourceAgentTest {
  private static final String POD = "sys/fs/cgroup/kube.slice/pod.slice/";

  @TempDir Path folder;
  private final CollectorRegistry registry = new CollectorRegistry();
  private final AtomicLong clockNs = new AtomicLong();
  private final List<LevelChange> told = new ArrayList<>();

  @Test
  void memory_overItsBound_isPublishedToldAndCounted() {
    Fixture fixture = Fixture.copy("v2", folder);
    try (ResourceAgent agent = on(fixture.sensors())) {
      agent.listen((change, snapshot) -> told.add(change));
      assertThat(agent.tick()).as("calm").isEqualTo(ms(500));
      fixture.write(POD + "memory.current", "1030000000\n");
      clockNs.addAndGet(ms(500));
      assertThat(agent.tick()).as("to be confirmed").isEqualTo(ms(100));
      assertThat(agent.snapshot().level(Scope.SELF)).isEqualTo(Level.NORMAL);
      clockNs.addAndGet(ms(100));
      assertThat(agent.tick()).as("high").isEqualTo(ms(250));

      assertThat(agent.snapshot().level(Scope.SELF, Resource.MEMORY)).isEqualTo(Level.HIGH);
      assertThat(told).hasSize(1);
      assertThat(told.getFirst().cause().signal()).isEqualTo("memory_ratio");
      assertThat(told.getFirst().cause().value()).isEqualTo(0.93);
      assertThat(sample("nearside_agent_pressure_level", "scope", "self")).isEqualTo(2);
      assertThat(
              registry.getSampleValue(
                  "nearside_agent_pressure_transitions_total",
                  new String[] {"scope", "resource", "to", "cause"},
                  new String[] {"self", "memory", "high", "memory_ratio"}))
          .isEqualTo(1);
    }
  }

  @Test
  void limit_raisedWhileRunning_isFollowed() {
    Fixture fixture = Fixture.copy("v2", folder);
    try (ResourceAgent agent = on(fixture.sensors())) {
      agent.tick();
      fixture.write(POD + "memory.max", "4000000000\n");
      agent.tick();
      assertThat(registry.getSampleValue("nearside_agent_cgroup_memory_limit_bytes"))
          .isEqualTo(4e9);
    }
  }

  @Test
  void metrics_sayWhatIsReadAndLeaveOutWhatIsNot() {
    try (ResourceAgent agent = on(Fixture.copy("v2", folder).sensors())) {
      agent.tick();
      assertThat(sample("nearside_agent_sensor_up", "sensor", "cgroup_memory")).isEqualTo(1);
      assertThat(sample("nearside_agent_sensor_up", "sensor", "direct_memory")).isZero();
      assertThat(registry.getSampleValue("nearside_agent_direct_memory_ratio")).isNull();
      assertThat(registry.getSampleValue("nearside_agent_cgroup_memory_used_bytes"))
          .isEqualTo(800e6);
      assertThat(stall("memory", "some")).isEqualTo(2);
      assertThat(stall("io", "full")).isNull();
      assertThat(
              registry.getSampleValue(
                  "nearside_agent_pressure_score_ratio",
                  new String[] {"scope", "resource"},
                  new String[] {"self", "memory"}))
          .isZero();
    }
    assertThat(sample("nearside_agent_sensor_up", "sensor", "cgroup_memory")).isNull();
  }

  @Test
  void sensor_thatStopsReading_isCountedAndDown() {
    Fixture fixture = Fixture.copy("v2", folder);
    try (ResourceAgent agent = on(fixture.sensors())) {
      agent.tick();
      fixture.write("proc/meminfo", "");
      agent.tick();
      agent.tick();
      assertThat(sample("nearside_agent_sensor_up", "sensor", "meminfo")).isZero();
      assertThat(sample("nearside_agent_sensor_failures_total", "sensor", "meminfo")).isEqualTo(2);
      assertThat(registry.getSampleValue("nearside_agent_node_memory_total_bytes")).isNull();
    }
  }

  @Test
  void sampling_thatThrows_isCountedAndLeavesTheSnapshotToAge() {
    try (ResourceAgent agent = on(List.of(new ThrowingSensor()))) {
      clockNs.addAndGet(ms(500));
      assertThat(agent.guardedTick()).isEqualTo(ms(500));
      agent.guardedTick();
      assertThat(sample("nearside_agent_failures_total", "where", "tick")).isEqualTo(2);
      assertThat(agent.sampledAtNs()).as("when it was made").isZero();
    }
  }

  @Test
  void listener_thatThrows_keepsNobodyElseFromHearing() {
    Fixture fixture = Fixture.copy("v2", folder).write(POD + "memory.current", "1100000000\n");
    try (ResourceAgent agent = on(fixture.sensors())) {
      agent.listen((change, snapshot) -> {
        throw new IllegalStateException("broken listener");
      });
      agent.listen((change, snapshot) -> told.add(change));
      agent.tick();
      assertThat(told).as("memory at 1.0 is believed at first sight").hasSize(1);
      assertThat(sample("nearside_agent_failures_total", "where", "listener")).isEqualTo(1);
      assertThat(agent.sampledAtNs()).isEqualTo(clockNs.get());
    }
  }

  @Test
  void steadyState_allocatesNothing() {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (ResourceAgent agent = on(Fixture.copy("v2", folder).sensors())) {
      ticks(agent, 2000);
      long before = threads.getCurrentThreadAllocatedBytes();
      ticks(agent, 500);
      long each = (threads.getCurrentThreadAllocatedBytes() - before) / 500;
      assertThat(each).as("bytes a sample").isLessThan(16);
    }
  }

  @Test
  void thisMachine_isReadByTheRunningThread() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(4);
    ProcessHooks hooks =
        new ProcessHooks(
            () -> {
              asked.countDown();
              return 0.25;
            },
            null,
            null);
    PressureSnapshot snapshot;
    Readings readings;
    try (ResourceAgent agent = ResourceAgent.start(hooks, registry)) {
      assertThat(asked.await(30, TimeUnit.SECONDS)).as("four samples").isTrue();
      snapshot = agent.snapshot();
      readings = agent.readings();
      assertThat(System.nanoTime() - agent.sampledAtNs()).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }
    assertThat(readings.get(Reading.DIRECT_MEMORY_RATIO)).isEqualTo(0.25);
    assertThat(snapshot.find(Scope.SELF, Resource.MEMORY)).isNotNull();
    plausible(readings, Reading.CGROUP_MEMORY_USED_BYTES, Reading.CGROUP_MEMORY_LIMIT_BYTES);
    plausible(readings, Reading.NODE_MEMORY_AVAILABLE_BYTES, Reading.NODE_MEMORY_TOTAL_BYTES);
    plausible(readings, Reading.DESCRIPTORS_OPEN, Reading.DESCRIPTORS_LIMIT);
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("nearside-agent");
  }

  /** Either there is no such number here, or it is above zero and within its bound. */
  private static void plausible(Readings readings, Reading value, Reading bound) {
    if (readings.has(value)) {
      assertThat(readings.get(value)).as(value.name()).isPositive();
    }
    if (readings.has(bound)) {
      assertThat(readings.get(value)).as(value.name()).isLessThanOrEqualTo(readings.get(bound));
    }
  }

  private void ticks(ResourceAgent agent, int count) {
    for (int i = 0; i < count; i++) {
      clockNs.addAndGet(ms(500));
      agent.tick();
    }
  }

  private ResourceAgent on(List<Sensor> sensors) {
    return ResourceAgent.unstarted(sensors, registry, clockNs::get);
  }

  private Double sample(String name, String label, String value) {
    return registry.getSampleValue(name, new String[] {label}, new String[] {value});
  }

  private Double stall(String resource, String kind) {
    return registry.getSampleValue(
        "nearside_agent_psi_stall_seconds_total",
        new String[] {"resource", "kind"},
        new String[] {resource, kind});
  }

  private static long ms(long ms) {
    return TimeUnit.MILLISECONDS.toNanos(ms);
  }

  /** A sensor with a fault of its own. */
  private static final class ThrowingSensor implements Sensor {
    @Override
    public String name() {
      return "throwing";
    }

    @Override
    public boolean supported() {
      return true;
    }

    @Override
    public boolean sample(long nowNs, Readings readings) {
      throw new IllegalStateException("broken sensor");
    }

    @Override
    public void close() {}
  }
}
