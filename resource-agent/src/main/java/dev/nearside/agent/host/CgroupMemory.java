package dev.nearside.agent.host;

import static dev.nearside.agent.host.KernelFile.ABSENT;
import static dev.nearside.agent.host.KernelFile.ascii;
import static dev.nearside.agent.host.Reading.CGROUP_MEMORY_LIMIT_BYTES;
import static dev.nearside.agent.host.Reading.CGROUP_MEMORY_MAX_EVENTS;
import static dev.nearside.agent.host.Reading.CGROUP_MEMORY_RATIO;
import static dev.nearside.agent.host.Reading.CGROUP_MEMORY_USED_BYTES;
import static dev.nearside.agent.host.Reading.CGROUP_OOM_KILLS;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the cgroup against its limit, and against those of its ancestors: the tightest decides,
 * since a kill by an ancestor's limit is as final.
 *
 * <p>Used is what the kernel cannot drop at once: current less inactive file pages. Limits are read
 * with every sample, because pods are resized in place.
 */
final class CgroupMemory implements Sensor {
  /** Version 1 writes "no limit" as the greatest multiple of the page size; pages go to 64 KiB. */
  private static final long UNLIMITED_V1 = Long.MAX_VALUE - (1 << 16);

  private final List<MemoryLevel> levels = new ArrayList<>();
  private final @Nullable KernelFile kills;
  private final byte[] killsField = ascii("oom_kill ");
  private final @Nullable KernelFile limitHits;
  private final byte @Nullable [] limitHitsField;

  CgroupMemory(@Nullable CgroupDirs cgroup) {
    List<Path> dirs = cgroup == null ? List.of() : cgroup.dirs();
    boolean v2 = cgroup != null && cgroup.v2();
    for (Path dir : dirs) {
      MemoryLevel level = MemoryLevel.open(dir, v2);
      if (level != null) {
        levels.add(level);
      }
    }
    Path own = levels.isEmpty() ? null : dirs.getFirst();
    kills =
        own == null
            ? null
            : KernelFile.open(own.resolve(v2 ? "memory.events" : "memory.oom_control"));
    limitHits =
        own == null ? null : KernelFile.open(own.resolve(v2 ? "memory.events" : "memory.failcnt"));
    limitHitsField = v2 ? ascii("max ") : null;
  }

  @Override
  public String name() {
    return "cgroup_memory";
  }

  @Override
  public boolean supported() {
    return !levels.isEmpty();
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    MemoryLevel tightest = tightest();
    if (tightest == null) {
      readings.clear(CGROUP_MEMORY_USED_BYTES);
      readings.clear(CGROUP_MEMORY_LIMIT_BYTES);
      readings.clear(CGROUP_MEMORY_RATIO);
    } else {
      readings.set(CGROUP_MEMORY_USED_BYTES, (double) tightest.usedBytes);
      readings.set(
          CGROUP_MEMORY_LIMIT_BYTES,
          tightest.limited() ? (double) tightest.limitBytes : Double.NaN);
      readings.set(CGROUP_MEMORY_RATIO, tightest.ratio());
    }
    readings.set(CGROUP_OOM_KILLS, count(kills, killsField));
    readings.set(CGROUP_MEMORY_MAX_EVENTS, count(limitHits, limitHitsField));
    return tightest != null;
  }

  @Override
  public void close() {
    levels.forEach(MemoryLevel::close);
    if (kills != null) {
      kills.close();
    }
    if (limitHits != null) {
      limitHits.close();
    }
  }

  /** Returns the readable level nearest to its limit; without limits the cgroup's own. */
  private @Nullable MemoryLevel tightest() {
    MemoryLevel tightest = null;
    for (int i = 0; i < levels.size(); i++) {
      MemoryLevel level = levels.get(i);
      if (level.read() && (tightest == null || level.tighterThan(tightest))) {
        tightest = level;
      }
    }
    return tightest;
  }

  private static double count(@Nullable KernelFile file, byte @Nullable [] field) {
    if (file == null || !file.read()) {
      return Double.NaN;
    }
    long count = field == null ? file.number() : file.field(field);
    return count < 0 ? Double.NaN : (double) count;
  }

  /** One cgroup on the way up. */
  private static final class MemoryLevel {
    private final KernelFile current;
    private final KernelFile limit;
    private final @Nullable KernelFile stat;
    private final byte[] inactiveField;
    private long usedBytes;
    private long limitBytes;

    private MemoryLevel(
        KernelFile current, KernelFile limit, @Nullable KernelFile stat, boolean v2) {
      this.current = current;
      this.limit = limit;
      this.stat = stat;
      this.inactiveField = ascii(v2 ? "inactive_file " : "total_inactive_file ");
    }

    static @Nullable MemoryLevel open(Path dir, boolean v2) {
      KernelFile current =
          KernelFile.open(dir.resolve(v2 ? "memory.current" : "memory.usage_in_bytes"));
      KernelFile limit = KernelFile.open(dir.resolve(v2 ? "memory.max" : "memory.limit_in_bytes"));
      if (current != null && limit != null) {
        return new MemoryLevel(current, limit, KernelFile.open(dir.resolve("memory.stat")), v2);
      }
      for (KernelFile file : new KernelFile[] {current, limit}) {
        if (file != null) {
          file.close();
        }
      }
      return null;
    }

    boolean read() {
      if (!current.read() || !limit.read()) {
        return false;
      }
      long bytes = current.number();
      limitBytes = limit.number();
      long inactive = stat != null && stat.read() ? stat.field(inactiveField) : ABSENT;
      usedBytes = Math.max(0, bytes - Math.max(0, inactive));
      return bytes >= 0 && limitBytes > 0;
    }

    boolean limited() {
      return limitBytes < UNLIMITED_V1;
    }

    double ratio() {
      return limited() ? (double) usedBytes / limitBytes : Double.NaN;
    }

    boolean tighterThan(MemoryLevel other) {
      return limited() && (!other.limited() || ratio() > other.ratio());
    }

    void close() {
      current.close();
      limit.close();
      if (stat != null) {
        stat.close();
      }
    }
  }
}
