package dev.nearside.proxy.tier;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a tier says to a read. A slow or dead tier is a value here, never an exception. */
public sealed interface Answer {
  /**
   * The tier has the value.
   *
   * @param value the receiver's, and never changed
   * @param expiresAtNs when it expires, by {@link System#nanoTime}, if {@code expires}
   * @param expires whether it does
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier, never compared; a copy would cost a value
  record Hit(byte[] value, boolean expires, long expiresAtNs) implements Answer {
    /** A value that does not expire there. */
    public Hit(byte[] value) {
      this(value, false, 0);
    }

    /** Returns how much of {@code max} it may be held from now on; zero or less: not at all. */
    public Duration lifeWithin(Duration max) {
      Duration left = Duration.ofNanos(expiresAtNs - System.nanoTime());
      return expires && left.compareTo(max) < 0 ? left : max;
    }
  }

  /** The tier is sure that it has no value. */
  record Miss() implements Answer {
    /** The one instance. */
    public static final Miss INSTANCE = new Miss();
  }

  /**
   * The tier cannot say.
   *
   * @param said what it has said instead, for whoever has asked and for no log, or null
   */
  record Unavailable(Reason reason, @Nullable String said) implements Answer {
    /** It has said nothing that would help. */
    public Unavailable(Reason reason) {
      this(reason, null);
    }
  }

  /** Why a tier cannot say; the metric label and the log key. */
  enum Reason {
    /** There is no connection to it. */
    DISCONNECTED,
    /** It did not answer in time. */
    TIMEOUT,
    /** Its breaker is open. */
    BREAKER_OPEN,
    /** Too many reads are already waiting for it. */
    SATURATED,
    /** It answered with an error. */
    ERROR,
    /** It is not what the configuration says; it is as well as ever. */
    MISFIT,
    /** It refuses what is asked, or with what; it is as well as ever. */
    REFUSED,
    /** This sidecar is stopping. */
    STOPPING;

    /** Returns the reason in lower case, as metrics and error replies write it. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }
}
