package dev.nearside.agent.host;

import static dev.nearside.agent.host.KernelFile.UNLIMITED;
import static dev.nearside.agent.host.KernelFile.ascii;
import static dev.nearside.agent.host.Reading.CGROUP_CPU_LIMIT_CORES;
import static dev.nearside.agent.host.Reading.CGROUP_CPU_THROTTLED_RATIO;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The CPU quota of the cgroup and its ancestors, and how often it ran out.
 *
 * <p>Throttling is counted where the quota is set, so each level with one is read and the worst
 * decides. Quotas are read with every sample. Without a quota there is nothing to be throttled by,
 * and both readings are absent.
 */
final class CgroupCpu implements Sensor {
  private static final long WINDOW_NS = TimeUnit.SECONDS.toNanos(1);
  private static final byte[] PERIODS = ascii("nr_periods ");
  private static final byte[] THROTTLED = ascii("nr_throttled ");

  private final List<CpuLevel> levels = new ArrayList<>();

  CgroupCpu(@Nullable CgroupDirs cgroup) {
    if (cgroup == null) {
      return;
    }
    for (Path dir : cgroup.dirs()) {
      CpuLevel level = CpuLevel.open(dir, cgroup.v2());
      if (level != null) {
        levels.add(level);
      }
    }
  }

  @Override
  public String name() {
    return "cgroup_cpu";
  }

  @Override
  public boolean supported() {
    return !levels.isEmpty();
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    double cores = Double.NaN;
    double throttled = Double.NaN;
    boolean readable = false;
    for (int i = 0; i < levels.size(); i++) {
      CpuLevel level = levels.get(i);
      if (level.read(nowNs)) {
        readable = true;
        cores = least(cores, level.cores);
        throttled = greatest(throttled, level.throttled);
      }
    }
    readings.set(CGROUP_CPU_LIMIT_CORES, cores);
    readings.set(CGROUP_CPU_THROTTLED_RATIO, throttled);
    return readable;
  }

  @Override
  public void close() {
    levels.forEach(CpuLevel::close);
  }

  private static double least(double a, double b) {
    return Double.isNaN(a) || b < a ? b : a;
  }

  private static double greatest(double a, double b) {
    return Double.isNaN(a) || b > a ? b : a;
  }

  /** One cgroup on the way up. */
  private static final class CpuLevel {
    private final KernelFile quota;
    private final @Nullable KernelFile period;
    private final KernelFile stat;
    private final SlidingRatio window = new SlidingRatio(WINDOW_NS);
    private double cores;
    private double throttled;

    private CpuLevel(KernelFile quota, @Nullable KernelFile period, KernelFile stat) {
      this.quota = quota;
      this.period = period;
      this.stat = stat;
    }

    /** Version 2 has quota and period in one file, version 1 in two. */
    static @Nullable CpuLevel open(Path dir, boolean v2) {
      KernelFile quota = KernelFile.open(dir.resolve(v2 ? "cpu.max" : "cpu.cfs_quota_us"));
      KernelFile period = v2 ? null : KernelFile.open(dir.resolve("cpu.cfs_period_us"));
      KernelFile stat = KernelFile.open(dir.resolve("cpu.stat"));
      if (quota != null && stat != null && (v2 || period != null)) {
        return new CpuLevel(quota, period, stat);
      }
      for (KernelFile file : new KernelFile[] {quota, period, stat}) {
        if (file != null) {
          file.close();
        }
      }
      return null;
    }

    boolean read(long nowNs) {
      cores = Double.NaN;
      throttled = Double.NaN;
      if (!quota.read() || (period != null && !period.read())) {
        return false;
      }
      long quotaUs = quota.number();
      long periodUs = period == null ? quota.secondNumber() : period.number();
      if (quotaUs == UNLIMITED || quotaUs == -1) {
        window.reset();
        return true;
      }
      return quotaUs > 0 && periodUs > 0 && readThrottling(nowNs, (double) quotaUs / periodUs);
    }

    private boolean readThrottling(long nowNs, double quotaCores) {
      cores = quotaCores;
      if (!stat.read()) {
        return false;
      }
      long periods = stat.field(PERIODS);
      long throttledPeriods = stat.field(THROTTLED);
      if (periods < 0 || throttledPeriods < 0) {
        return false;
      }
      throttled = window.add(nowNs, (double) throttledPeriods, (double) periods);
      return true;
    }

    void close() {
      quota.close();
      stat.close();
      if (period != null) {
        period.close();
      }
    }
  }
}
