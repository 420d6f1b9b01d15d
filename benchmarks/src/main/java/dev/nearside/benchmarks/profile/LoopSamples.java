package dev.nearside.benchmarks.profile;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordedThread;
import org.jspecify.annotations.Nullable;

/** What a recording says of the event loops. Immutable. */
final class LoopSamples {
  private final Map<String, Long> methods = new HashMap<>();
  private final long samples;
  private final long monitorWaits;
  private final long lockWaits;

  private LoopSamples(List<RecordedEvent> ofLoops) {
    for (RecordedEvent event : ofLoops) {
      RecordedStackTrace stack = event.getStackTrace();
      if (event.getEventType().getName().equals(FlightRecording.JAVA_SAMPLE) && stack != null) {
        methods.merge(name(stack.getFrames().getFirst()), 1L, Long::sum);
      }
    }
    samples = methods.values().stream().mapToLong(Long::longValue).sum();
    monitorWaits = count(ofLoops, FlightRecording.MONITOR);
    lockWaits = count(ofLoops, FlightRecording.PARK);
  }

  /** Returns what {@code events} say of threads whose names begin so. */
  static LoopSamples of(Collection<RecordedEvent> events, String threads) {
    return new LoopSamples(events.stream().filter(event -> isOf(event, threads)).toList());
  }

  private static boolean isOf(RecordedEvent event, String threads) {
    String field = event.hasField("sampledThread") ? "sampledThread" : "eventThread";
    @Nullable RecordedThread thread = event.hasField(field) ? event.getThread(field) : null;
    return thread != null
        && thread.getJavaName() != null
        && thread.getJavaName().startsWith(threads);
  }

  private static long count(List<RecordedEvent> events, String type) {
    return events.stream().filter(event -> event.getEventType().getName().equals(type)).count();
  }

  private static String name(RecordedFrame frame) {
    RecordedMethod method = frame.getMethod();
    return method.getType().getName() + "." + method.getName();
  }

  /** Returns how often they waited for a monitor. */
  long monitorWaits() {
    return monitorWaits;
  }

  /** Returns how often they waited for a lock of java.util.concurrent. */
  long lockWaits() {
    return lockWaits;
  }

  /** Returns the methods that were sampled most, at most so many. */
  List<String> mostSampled(int most) {
    return methods.entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue()
                .reversed()
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(most)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Returns the share of samples in {@code method}. */
  double share(String method) {
    return samples == 0 ? 0 : (double) methods.getOrDefault(method, 0L) / samples;
  }
}
