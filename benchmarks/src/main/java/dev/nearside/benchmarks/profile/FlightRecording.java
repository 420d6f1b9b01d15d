package dev.nearside.benchmarks.profile;

import dev.nearside.benchmarks.servers.AttachedJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import jdk.management.jfr.FlightRecorderMXBean;

/**
 * A flight recording of another JVM: samples of what runs, and each wait for a lock, however short.
 * Confined to one thread; whoever began it closes it.
 */
final class FlightRecording implements AutoCloseable {
  /** Samples of threads that run Java code. */
  static final String JAVA_SAMPLE = "jdk.ExecutionSample";

  /** A thread has waited for the monitor of another. */
  static final String MONITOR = "jdk.JavaMonitorEnter";

  /** A thread has waited for a lock, a queue or a latch of java.util.concurrent. */
  static final String PARK = "jdk.ThreadPark";

  private static final Map<String, String> SETTINGS =
      Map.of(
          JAVA_SAMPLE + "#enabled", "true",
          JAVA_SAMPLE + "#period", "10 ms",
          MONITOR + "#enabled", "true",
          MONITOR + "#threshold", "0 ns",
          PARK + "#enabled", "true",
          PARK + "#threshold", "0 ns");

  private final AttachedJvm jvm;
  private final FlightRecorderMXBean recorder;
  private final long id;

  private FlightRecording(AttachedJvm jvm, FlightRecorderMXBean recorder, long id) {
    this.jvm = jvm;
    this.recorder = recorder;
    this.id = id;
  }

  /**
   * Begins to record the JVM of a process of the same user.
   *
   * @throws IOException if there is no such process, or it is no JVM that lets us in
   */
  static FlightRecording begin(long pid) throws IOException {
    AttachedJvm jvm = AttachedJvm.of(pid);
    try {
      FlightRecorderMXBean recorder =
          jvm.bean(FlightRecorderMXBean.MXBEAN_NAME, FlightRecorderMXBean.class);
      long id = recorder.newRecording();
      recorder.setRecordingSettings(id, SETTINGS);
      recorder.startRecording(id);
      return new FlightRecording(jvm, recorder, id);
    } catch (IOException | RuntimeException e) {
      jvm.close();
      throw e;
    }
  }

  /**
   * Ends it and returns what it holds.
   *
   * @param file where that is kept; it does not exist yet
   * @throws IOException if the process has ended
   */
  List<RecordedEvent> end(Path file) throws IOException {
    recorder.stopRecording(id);
    recorder.copyTo(id, file.toString());
    recorder.closeRecording(id);
    return RecordingFile.readAllEvents(file);
  }

  @Override
  public void close() throws IOException {
    jvm.close();
  }
}
