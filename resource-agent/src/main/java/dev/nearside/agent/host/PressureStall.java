package dev.nearside.agent.host;

import static dev.nearside.agent.host.KernelFile.ascii;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Stall time of one resource from {@code /proc/pressure} (kernel document accounting/psi):
 *
 * <pre>
 * some avg10=0.18 avg60=0.09 avg300=0.04 total=3792459
 * full avg10=0.18 avg60=0.09 avg300=0.04 total=3665821
 * </pre>
 *
 * <p>Totals are microseconds; shares are taken from their growth, because the averages lag by ten
 * seconds. The second line may be missing.
 */
final class PressureStall implements Sensor {
  private static final long WINDOW_NS = TimeUnit.SECONDS.toNanos(1);
  private static final byte[] SOME = ascii("some ");
  private static final byte[] FULL = ascii("full ");
  private static final byte[] TOTAL = ascii("total=");

  private final String name;
  private final @Nullable KernelFile file;
  private final Line some;
  private final @Nullable Line full;

  private PressureStall(String name, @Nullable KernelFile file, Line some, @Nullable Line full) {
    this.name = name;
    this.file = file;
    this.some = some;
    this.full = full;
  }

  /** For the machine as a whole, {@code full} means nothing for processors and is not read. */
  static PressureStall cpu(Path root) {
    Line some = new Line(SOME, Reading.PSI_CPU_SOME_SECONDS, Reading.PSI_CPU_SOME_RATIO);
    return new PressureStall("psi_cpu", open(root, "cpu"), some, null);
  }

  static PressureStall memory(Path root) {
    Line some = new Line(SOME, Reading.PSI_MEMORY_SOME_SECONDS, Reading.PSI_MEMORY_SOME_RATIO);
    Line full = new Line(FULL, Reading.PSI_MEMORY_FULL_SECONDS, Reading.PSI_MEMORY_FULL_RATIO);
    return new PressureStall("psi_memory", open(root, "memory"), some, full);
  }

  static PressureStall io(Path root) {
    Line some = new Line(SOME, Reading.PSI_IO_SOME_SECONDS, Reading.PSI_IO_SOME_RATIO);
    Line full = new Line(FULL, Reading.PSI_IO_FULL_SECONDS, Reading.PSI_IO_FULL_RATIO);
    return new PressureStall("psi_io", open(root, "io"), some, full);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean supported() {
    return file != null;
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    boolean read = file != null && file.read();
    boolean known = some.take(read ? file : null, nowNs, readings);
    if (full != null) {
      full.take(read ? file : null, nowNs, readings);
    }
    return known;
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }

  private static @Nullable KernelFile open(Path root, String resource) {
    return KernelFile.open(root.resolve("proc/pressure").resolve(resource));
  }

  /** One of the two lines. */
  private static final class Line {
    private final byte[] prefix;
    private final Reading seconds;
    private final Reading ratio;
    private final SlidingRatio window = new SlidingRatio(WINDOW_NS);

    Line(byte[] prefix, Reading seconds, Reading ratio) {
      this.prefix = prefix;
      this.seconds = seconds;
      this.ratio = ratio;
    }

    boolean take(@Nullable KernelFile file, long nowNs, Readings readings) {
      long totalUs = file == null ? -1 : file.field(prefix, TOTAL);
      if (totalUs < 0) {
        window.reset();
        readings.clear(seconds);
        readings.clear(ratio);
        return false;
      }
      readings.set(seconds, totalUs / 1e6);
      readings.set(ratio, Math.min(1.0, window.add(nowNs, (double) totalUs, nowNs / 1e3)));
      return true;
    }
  }
}
