package dev.nearside.proxy.invalidation;

import dev.nearside.proxy.telemetry.RepairCause;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last number heard of each sender, so that what was missed is noticed. For one thread.
 *
 * <p>Bounded: whoever was silent for longest is forgotten first, and is a stranger when it speaks
 * again. That costs a repair, never an invalidation.
 */
final class Senders {
  private final int most;
  private final LinkedHashMap<Long, Long> last = new LinkedHashMap<>(16, 0.75f, true);

  Senders(int most) {
    this.most = most;
  }

  /** Notes {@code message}; returns why others before it may have been missed, or null. */
  @Nullable RepairCause heard(FleetMessage message) {
    long number = message.number();
    Long known = last.get(message.sender());
    if (known == null) {
      note(message);
      return number == 1 && message.target() != null ? null : RepairCause.STRANGER;
    }
    if (number <= known) {
      return null;
    }
    note(message);
    boolean next = message.target() != null && number == known + 1;
    return next ? null : RepairCause.GAP;
  }

  private void note(FleetMessage message) {
    last.put(message.sender(), message.number());
    if (last.size() > most) {
      Map.Entry<Long, Long> eldest = last.firstEntry();
      last.remove(eldest.getKey());
    }
  }
}
