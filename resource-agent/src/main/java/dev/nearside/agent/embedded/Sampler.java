package dev.nearside.agent.embedded;

import dev.nearside.agent.host.Readings;
import dev.nearside.agent.host.Sensor;
import dev.nearside.agent.telemetry.AgentMetrics;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the sensors. Says once which are unsupported, and once per spell which one fails. Confined
 * to the agent's thread once started.
 */
final class Sampler implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Sampler.class);

  private final List<Sensor> supported;
  private final boolean[] up;
  private final Readings readings;
  private final AgentMetrics metrics;

  Sampler(List<Sensor> sensors, Readings readings, AgentMetrics metrics) {
    this.supported = sensors.stream().filter(Sensor::supported).toList();
    this.up = new boolean[supported.size()];
    this.readings = readings;
    this.metrics = metrics;
    for (Sensor sensor : sensors) {
      if (!sensor.supported()) {
        metrics.sensor(sensor.name(), false);
        log.info("sensor {}: unsupported here, its values are left out", sensor.name());
        sensor.close();
      }
    }
  }

  void sample(long nowNs) {
    for (int i = 0; i < up.length; i++) {
      Sensor sensor = supported.get(i);
      boolean read = sensor.sample(nowNs, readings);
      if (!read) {
        metrics.sensorFailed(sensor.name());
      }
      if (read != up[i]) {
        turned(sensor, read);
        up[i] = read;
      }
    }
  }

  @Override
  public void close() {
    supported.forEach(Sensor::close);
  }

  private void turned(Sensor sensor, boolean read) {
    metrics.sensor(sensor.name(), read);
    if (read) {
      log.debug("sensor {}: reads", sensor.name());
    } else {
      log.warn("sensor {}: cannot be read any more, its values are left out", sensor.name());
    }
  }
}
