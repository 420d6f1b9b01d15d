package dev.nearside.agent.host;

import static dev.nearside.agent.host.Reading.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostSensorsTest {
  private static final String POD = "sys/fs/cgroup/kube.slice/pod.slice/";

  @TempDir Path folder;
  private final Readings readings = new Readings();

  @Test
  void memory_v2_isCurrentLessInactiveFileAgainstMax() {
    assertThat(sample("v2", "cgroup_memory")).isTrue();
    assertThat(readings.get(CGROUP_MEMORY_USED_BYTES)).isEqualTo(800e6);
    assertThat(readings.get(CGROUP_MEMORY_LIMIT_BYTES)).isEqualTo(1e9);
    assertThat(readings.get(CGROUP_MEMORY_RATIO)).isEqualTo(0.8);
    assertThat(readings.get(CGROUP_OOM_KILLS)).as("oom_kill, not oom").isEqualTo(2);
    assertThat(readings.get(CGROUP_MEMORY_MAX_EVENTS)).isEqualTo(7);
  }

  @Test
  void memory_v1_findsTheCgroupAtTheMount() {
    assertThat(sample("v1", "cgroup_memory")).isTrue();
    assertThat(readings.get(CGROUP_MEMORY_USED_BYTES)).isEqualTo(400e6);
    assertThat(readings.get(CGROUP_MEMORY_RATIO)).isEqualTo(0.5);
    assertThat(readings.get(CGROUP_OOM_KILLS)).isEqualTo(1);
    assertThat(readings.get(CGROUP_MEMORY_MAX_EVENTS)).isEqualTo(5);
  }

  @Test
  void memory_hybrid_readsV1AndTheLimitedAncestor() {
    assertThat(sample("hybrid", "cgroup_memory")).isTrue();
    assertThat(readings.get(CGROUP_MEMORY_USED_BYTES)).isEqualTo(250e6);
    assertThat(readings.get(CGROUP_MEMORY_RATIO)).isEqualTo(0.25);
    assertThat(readings.get(CGROUP_OOM_KILLS)).isZero();
  }

  @Test
  void memory_withoutLimit_hasNoRatio() {
    Fixture fixture = Fixture.copy("v2", folder).write(POD + "memory.max", "max\n");
    assertThat(fixture.sensor("cgroup_memory").sample(0, readings)).isTrue();
    assertThat(readings.get(CGROUP_MEMORY_USED_BYTES)).isEqualTo(800e6);
    assertThat(readings.has(CGROUP_MEMORY_LIMIT_BYTES)).isFalse();
    assertThat(readings.has(CGROUP_MEMORY_RATIO)).isFalse();
  }

  @Test
  void memory_followsALimitThatChanges() {
    Fixture fixture = Fixture.copy("v2", folder);
    try (Sensor memory = fixture.sensor("cgroup_memory")) {
      memory.sample(0, readings);
      fixture.write(POD + "memory.max", "1600000000\n");
      memory.sample(1, readings);
      assertThat(readings.get(CGROUP_MEMORY_RATIO)).isEqualTo(0.5);
    }
  }

  @Test
  void memory_thatBecomesUnreadable_isAbsentAndFailed() {
    Fixture fixture = Fixture.copy("v2", folder);
    Sensor memory = fixture.sensor("cgroup_memory");
    memory.sample(0, readings);
    fixture.write(POD + "memory.current", "").write("sys/fs/cgroup/kube.slice/memory.current", "");
    assertThat(memory.sample(1, readings)).isFalse();
    assertThat(readings.has(CGROUP_MEMORY_USED_BYTES)).isFalse();
    assertThat(readings.has(CGROUP_MEMORY_RATIO)).isFalse();
  }

  @Test
  void cpu_v2_countsThrottledPeriodsOfTheLastSecond() {
    Fixture fixture = Fixture.copy("v2", folder);
    Sensor cpu = fixture.sensor("cgroup_cpu");
    assertThat(cpu.sample(0, readings)).isTrue();
    assertThat(readings.get(CGROUP_CPU_LIMIT_CORES)).isEqualTo(0.5);
    assertThat(readings.has(CGROUP_CPU_THROTTLED_RATIO)).as("one sample has no growth").isFalse();
    fixture.write(POD + "cpu.stat", "nr_periods 105\nnr_throttled 12\n");
    cpu.sample(ms(500), readings);
    assertThat(readings.get(CGROUP_CPU_THROTTLED_RATIO)).isEqualTo(0.4);
  }

  @Test
  void cpu_v1_readsQuotaAndPeriod() {
    Fixture fixture = Fixture.copy("v1", folder);
    Sensor cpu = fixture.sensor("cgroup_cpu");
    cpu.sample(0, readings);
    fixture.write("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 60\nnr_throttled 6\n");
    cpu.sample(ms(1000), readings);
    assertThat(readings.get(CGROUP_CPU_LIMIT_CORES)).isEqualTo(2);
    assertThat(readings.get(CGROUP_CPU_THROTTLED_RATIO)).isEqualTo(0.1);
  }

  @Test
  void cpu_withoutQuota_isReadButAbsent() {
    Fixture fixture = Fixture.copy("hybrid", folder);
    Sensor cpu = fixture.sensor("cgroup_cpu");
    cpu.sample(0, readings);
    assertThat(cpu.sample(ms(1000), readings)).isTrue();
    assertThat(readings.has(CGROUP_CPU_LIMIT_CORES)).isFalse();
    assertThat(readings.has(CGROUP_CPU_THROTTLED_RATIO)).as("never zero").isFalse();
  }

  @Test
  void meminfo_isOneLessAvailableOverTotal() {
    assertThat(sample("v2", "meminfo")).isTrue();
    assertThat(readings.get(NODE_MEMORY_TOTAL_BYTES)).isEqualTo(16_384_000 * 1024.0);
    assertThat(readings.get(NODE_MEMORY_AVAILABLE_BYTES)).isEqualTo(4_096_000 * 1024.0);
    assertThat(readings.get(NODE_MEMORY_RATIO)).isEqualTo(0.75);
  }

  @Test
  void stall_isGrowthOfTheTotalPerTime() {
    Fixture fixture = Fixture.copy("v2", folder);
    Sensor memory = fixture.sensor("psi_memory");
    memory.sample(0, readings);
    assertThat(readings.get(PSI_MEMORY_SOME_SECONDS)).isEqualTo(2);
    assertThat(readings.get(PSI_MEMORY_FULL_SECONDS)).isEqualTo(0.5);
    fixture.write("proc/pressure/memory", "some avg10=9.00 total=2100000\nfull total=550000\n");
    memory.sample(ms(500), readings);
    assertThat(readings.get(PSI_MEMORY_SOME_RATIO)).isEqualTo(0.2, within(1e-9));
    assertThat(readings.get(PSI_MEMORY_FULL_RATIO)).isEqualTo(0.1, within(1e-9));
  }

  @Test
  void stall_withoutFull_readsSomeAlone() {
    assertThat(sample("v2", "psi_io")).isTrue();
    assertThat(readings.get(PSI_IO_SOME_SECONDS)).isEqualTo(3);
    assertThat(readings.has(PSI_IO_FULL_SECONDS)).isFalse();
  }

  @Test
  void descriptors_areCountedAgainstTheSoftLimit_everyFiveSeconds() {
    long[] open = {256};
    var sensor = new Descriptors(Fixture.copy("v2", folder).root(), () -> open[0]);
    assertThat(sensor.sample(0, readings)).isTrue();
    assertThat(readings.get(DESCRIPTORS_RATIO)).isEqualTo(0.25);
    open[0] = 512;
    sensor.sample(ms(4999), readings);
    assertThat(readings.get(DESCRIPTORS_OPEN)).isEqualTo(256);
    sensor.sample(ms(5000), readings);
    assertThat(readings.get(DESCRIPTORS_RATIO)).isEqualTo(0.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cgroup_memory",
        "cgroup_cpu",
        "meminfo",
        "psi_cpu",
        "psi_memory",
        "psi_io",
        "descriptors",
        "direct_memory",
        "event_loop_lag"
      })
  void sensor_onAHostWithNothing_isUnsupported(String name) {
    assertThat(Fixture.copy("none", folder).sensor(name).supported()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cgroup_memory",
        "cgroup_cpu",
        "meminfo",
        "psi_cpu",
        "psi_memory",
        "psi_io",
        "descriptors"
      })
  void sensor_onMalformedFiles_failsAndLeavesEveryValueAbsent(String name) {
    Sensor sensor = Fixture.copy("malformed", folder).sensor(name);
    assertThat(sensor.supported()).isTrue();
    assertThat(sensor.sample(0, readings)).isFalse();
    assertThat(readings.has(CGROUP_MEMORY_RATIO)).isFalse();
    assertThat(readings.has(CGROUP_OOM_KILLS)).isFalse();
    assertThat(readings.has(CGROUP_CPU_THROTTLED_RATIO)).isFalse();
    assertThat(readings.has(PSI_CPU_SOME_SECONDS)).isFalse();
    assertThat(readings.has(PSI_IO_SOME_SECONDS)).isFalse();
    assertThat(readings.has(DESCRIPTORS_RATIO)).isFalse();
  }

  @Test
  void hooks_givingNothing_areAbsent() {
    double[] value = {0.5};
    var hook = new HookSensor("direct_memory", DIRECT_MEMORY_RATIO, () -> value[0]);
    hook.sample(0, readings);
    assertThat(readings.get(DIRECT_MEMORY_RATIO)).isEqualTo(0.5);
    value[0] = -1;
    hook.sample(1, readings);
    assertThat(readings.has(DIRECT_MEMORY_RATIO)).isFalse();
  }

  @Test
  void heap_ofThisProcess_isKnownAfterACollection() {
    System.gc();
    HeapAfterGc heap = heap(null);
    assertThat(heap.supported()).isTrue();
    heap.sample(0, readings);
    assertThat(readings.get(HEAP_AFTER_GC_RATIO)).isStrictlyBetween(0.0, 0.9);
  }

  private static HeapAfterGc heap(@Nullable HeapCache cache) {
    return new HeapAfterGc(old(), cache);
  }

  private static OldGeneration old() {
    return OldGeneration.of(
        ManagementFactory.getMemoryPoolMXBeans(), ManagementFactory.getGarbageCollectorMXBeans());
  }

  private double heapRatio(long cacheBytes, long cacheMaxBytes) {
    heap(new HeapCache(() -> cacheBytes, () -> cacheMaxBytes)).sample(0, readings);
    return readings.get(HEAP_AFTER_GC_RATIO);
  }

  @Test
  void heap_withACache_isWhatIsBesideIt() {
    System.gc();
    long max = Runtime.getRuntime().maxMemory();
    double all = heapRatio(0, 0);
    assertThat(heapRatio(max, 0)).as("all of it is the cache").isZero();
    assertThat(heapRatio(0, max / 2)).as("an empty cache leaves less room").isGreaterThan(all);
    assertThat(heapRatio(max, 2 * max)).as("a cache that cannot fit").isEqualTo(all);
  }

  @Test
  void heap_cacheEmptiedSinceTheCollection_isStillTakenOff() {
    AtomicLong bytes = new AtomicLong(Runtime.getRuntime().maxMemory());
    HeapAfterGc heap = heap(new HeapCache(bytes::get, () -> 0));
    heap.sample(0, readings);
    System.gc();
    bytes.set(0);
    heap.sample(ms(250), readings);
    assertThat(readings.get(HEAP_AFTER_GC_RATIO)).isZero();
    System.gc();
    heap.sample(ms(500), readings);
    assertThat(readings.get(HEAP_AFTER_GC_RATIO)).isPositive();
  }

  @Test
  void gcShare_ofThisProcess_isAShareOfTime() {
    var share = new GcShare(old().stopping());
    share.sample(0, readings);
    assertThat(readings.has(GC_SHARE_RATIO)).isFalse();
    System.gc();
    share.sample(ms(5000), readings);
    assertThat(readings.get(GC_SHARE_RATIO)).isStrictlyBetween(0.0, 1.0);
  }

  @ParameterizedTest
  @CsvSource({"v2, true", "v1, false", "hybrid, false"})
  void cgroup_isFoundInItsVersion(String name, boolean v2) {
    CgroupDirs dirs = CgroupDirs.find(Fixture.copy(name, folder).root(), "memory");
    assertThat(dirs).isNotNull();
    assertThat(dirs.v2()).isEqualTo(v2);
  }

  @Test
  void cgroup_ofANamespaceNotSeenHere_isTheMount() {
    Fixture fixture = Fixture.copy("v2", folder);
    fixture.write("proc/self/cgroup", "0::/../../elsewhere\n");
    Path mount = fixture.root().resolve("sys/fs/cgroup");
    assertThat(CgroupDirs.find(fixture.root(), "memory"))
        .isEqualTo(new CgroupDirs(true, List.of(mount)));
  }

  private boolean sample(String fixture, String sensor) {
    try (Sensor opened = Fixture.copy(fixture, folder).sensor(sensor)) {
      assertThat(opened.supported()).isTrue();
      return opened.sample(0, readings);
    }
  }

  private static long ms(long ms) {
    return TimeUnit.MILLISECONDS.toNanos(ms);
  }
}
