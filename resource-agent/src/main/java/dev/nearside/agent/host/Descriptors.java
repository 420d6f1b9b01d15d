package dev.nearside.agent.host;

import static dev.nearside.agent.host.KernelFile.UNLIMITED;
import static dev.nearside.agent.host.KernelFile.ascii;
import static dev.nearside.agent.host.Reading.DESCRIPTORS_LIMIT;
import static dev.nearside.agent.host.Reading.DESCRIPTORS_OPEN;
import static dev.nearside.agent.host.Reading.DESCRIPTORS_RATIO;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Open descriptors against the limit of {@code /proc/self/limits}. Counting walks {@code
 * /proc/self/fd}, which costs time for each one, so this is done every five seconds only.
 */
final class Descriptors implements Sensor {
  private static final long PERIOD_NS = TimeUnit.SECONDS.toNanos(5);
  private static final byte[] LIMIT = ascii("Max open files");

  private final @Nullable LongSupplier open;
  private final @Nullable KernelFile limits;
  private boolean sampled;
  private boolean known;
  private long sampledAtNs;

  /** Counts by {@code open}, which is null where the runtime cannot. */
  Descriptors(Path root, @Nullable LongSupplier open) {
    this.open = open;
    this.limits = KernelFile.open(root.resolve("proc/self/limits"));
  }

  @Override
  public String name() {
    return "descriptors";
  }

  @Override
  public boolean supported() {
    return open != null && limits != null;
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    if (sampled && nowNs - sampledAtNs < PERIOD_NS) {
      return known;
    }
    sampled = true;
    sampledAtNs = nowNs;
    long count = open == null ? -1 : open.getAsLong();
    long limit = limits != null && limits.read() ? limits.field(LIMIT) : -1;
    known = count >= 0 && limit > 0;
    boolean limited = known && limit != UNLIMITED;
    readings.set(DESCRIPTORS_OPEN, known ? (double) count : Double.NaN);
    readings.set(DESCRIPTORS_LIMIT, limited ? (double) limit : Double.NaN);
    readings.set(DESCRIPTORS_RATIO, limited ? (double) count / limit : Double.NaN);
    return known;
  }

  @Override
  public void close() {
    if (limits != null) {
      limits.close();
    }
  }
}
