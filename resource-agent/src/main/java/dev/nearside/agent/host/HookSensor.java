package dev.nearside.agent.host;

import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;

/** A number only the proxy knows. Negative or not a number means not known just now. */
final class HookSensor implements Sensor {
  private final String name;
  private final Reading reading;
  private final @Nullable DoubleSupplier hook;

  HookSensor(String name, Reading reading, @Nullable DoubleSupplier hook) {
    this.name = name;
    this.reading = reading;
    this.hook = hook;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public boolean supported() {
    return hook != null;
  }

  @Override
  public boolean sample(long nowNs, Readings readings) {
    double value = hook == null ? Double.NaN : hook.getAsDouble();
    readings.set(reading, value >= 0 ? value : Double.NaN);
    return true;
  }

  @Override
  public void close() {}
}
