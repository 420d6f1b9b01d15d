package dev.nearside.agent.host;

import static dev.nearside.agent.host.KernelFile.ascii;
import static dev.nearside.agent.host.Reading.NODE_MEMORY_AVAILABLE_BYTES;
import static dev.nearside.agent.host.Reading.NODE_MEMORY_RATIO;
import static dev.nearside.agent.host.Reading.NODE_MEMORY_TOTAL_BYTES;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Memory of the machine from {@code /proc/meminfo}, whose lines read {@code MemTotal: 123 kB}. */
final class MemInfo implements Sensor {
  private static final byte[] TOTAL = ascii("MemTotal:");
  private static final byte[] AVAILABLE = ascii("MemAvailable:");

  private final @Nullable KernelFile file;

  MemInfo(Path root) {
    file = KernelFile.open(root.resolve("proc/meminfo"));
  }

  @Override
  public String name() {
    return "meminfo";
  }

  @Override
  public boolean supported() {
    return file != null;
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    boolean read = file != null && file.read();
    long totalKb = read && file != null ? file.field(TOTAL) : -1;
    long availableKb = read && file != null ? file.field(AVAILABLE) : -1;
    boolean known = totalKb > 0 && availableKb >= 0;
    readings.set(NODE_MEMORY_TOTAL_BYTES, known ? totalKb * 1024.0 : Double.NaN);
    readings.set(NODE_MEMORY_AVAILABLE_BYTES, known ? availableKb * 1024.0 : Double.NaN);
    readings.set(NODE_MEMORY_RATIO, known ? 1.0 - (double) availableKb / totalKb : Double.NaN);
    return known;
  }

  @Override
  public void close() {
    if (file != null) {
      file.close();
    }
  }
}
