package dev.nearside.agent.host;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Opens every sensor of this host. */
public final class HostSensors {
  private HostSensors() {}

  /**
   * Opens the sensors; those without a source here are included and say they are unsupported.
   *
   * @param root where {@code proc} and {@code sys} are looked for, {@code /} outside of tests
   * @param hooks what the embedding process contributes
   * @return the sensors, which the caller closes
   */
  public static List<Sensor> open(Path root, ProcessHooks hooks) {
    OldGeneration old =
        OldGeneration.of(
            ManagementFactory.getMemoryPoolMXBeans(),
            ManagementFactory.getGarbageCollectorMXBeans());
    return List.of(
        new CgroupMemory(CgroupDirs.find(root, "memory")),
        new CgroupCpu(CgroupDirs.find(root, "cpu")),
        new MemInfo(root),
        PressureStall.cpu(root),
        PressureStall.memory(root),
        PressureStall.io(root),
        new Descriptors(root, openDescriptors()),
        new HeapAfterGc(old, hooks.heapCache()),
        new GcShare(old.stopping()),
        new HookSensor("direct_memory", Reading.DIRECT_MEMORY_RATIO, hooks.directMemoryRatio()),
        new HookSensor(
            "event_loop_lag", Reading.EVENT_LOOP_LAG_SECONDS, hooks.eventLoopLagSeconds()));
  }

  private static @Nullable LongSupplier openDescriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix::getOpenFileDescriptorCount
        : null;
  }
}
