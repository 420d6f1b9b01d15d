package dev.nearside.proxy.coherence;

import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import dev.nearside.proxy.telemetry.InvalidationCause;
import dev.nearside.proxy.tier.local.Entry;
import dev.nearside.proxy.tier.local.LookupKey;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one relayed command does to L1: the fence of a write, or the trace of a read. Used by one
 * event loop; call {@link #forwarded} just before its bytes go upstream, then {@link #replied} or
 * {@link #lost}. Both, where a reply breaks off: its fence comes down once.
 *
 * <p>A write's fence makes "read your writes" hold: from before it is forwarded until its reply is
 * there, no read of its keys is local and no flight of them can publish; both ends drop what is
 * held. A read on another path drops what is held too, unless it was a GET that showed the very
 * same bytes, because it may have shown a newer state whose push is still under way. Not in shadow
 * mode, where nobody can be shown the older one.
 */
public final class Touch {
  private enum Kind {
    GET,
    READ,
    WRITE,
    FLUSH,
    UNKNOWN
  }

  private static final byte[] REFUSAL = "-ERR unknown command".getBytes(StandardCharsets.US_ASCII);

  private final Coherence coherence;
  private final Kind kind;
  private final List<LookupKey> keys;
  private final boolean opaque;
  private boolean fenced;

  private Touch(Coherence coherence, Kind kind, List<LookupKey> keys, boolean opaque) {
    this.coherence = coherence;
    this.kind = kind;
    this.keys = keys;
    this.opaque = opaque;
  }

  /** Returns the touch of GET of {@code key}, which is kept. */
  public static Touch get(Coherence coherence, LookupKey key) {
    return new Touch(coherence, Kind.GET, List.of(key), false);
  }

  /** Returns the touch of a command that reads {@code keys}, which are kept. */
  public static Touch read(Coherence coherence, List<LookupKey> keys) {
    return new Touch(coherence, Kind.READ, keys, false);
  }

  /** Returns the touch of a command that reads {@code keys} and perhaps others nobody can name. */
  public static Touch opaqueRead(Coherence coherence, List<LookupKey> keys) {
    return new Touch(coherence, Kind.READ, keys, true);
  }

  /** Returns the touch of a command that may write {@code keys}, which are kept, and no others. */
  public static Touch write(Coherence coherence, List<LookupKey> keys) {
    return new Touch(coherence, Kind.WRITE, keys, false);
  }

  /** Returns the touch of a command that may write {@code keys} and others nobody can name. */
  public static Touch opaqueWrite(Coherence coherence, List<LookupKey> keys) {
    return new Touch(coherence, Kind.WRITE, keys, true);
  }

  /** Returns the touch of a command that may change every key at once. */
  public static Touch flush(Coherence coherence) {
    return new Touch(coherence, Kind.FLUSH, List.of(), true);
  }

  /**
   * Returns the touch of a command that the upstream does not list: it may change every key at
   * once, and most probably is refused.
   */
  public static Touch unknown(Coherence coherence) {
    return new Touch(coherence, Kind.UNKNOWN, List.of(), true);
  }

  /** Returns whether local reads may only be as new as its reply behind a barrier. */
  public boolean isOpaque() {
    return opaque;
  }

  /** Returns whether it may write at all. */
  public boolean mayWrite() {
    return !reads();
  }

  private boolean reads() {
    return kind == Kind.READ || kind == Kind.GET;
  }

  /** Returns whether it may change every key at once. */
  public boolean flushes() {
    return kind == Kind.FLUSH || kind == Kind.UNKNOWN;
  }

  /** Returns the keys it may write by name; empty for a read. */
  public List<LookupKey> writtenKeys() {
    return kind == Kind.WRITE ? keys : List.of();
  }

  /** Returns the keys it reads by name; empty for a write. */
  public List<LookupKey> readKeys() {
    return reads() ? keys : List.of();
  }

  /** The command's bytes go upstream next. */
  public void forwarded() {
    switch (kind) {
      case GET, READ, UNKNOWN -> {}
      case WRITE -> {
        fenced = true;
        for (LookupKey key : keys) {
          coherence.fences().raise(key.hashCode());
          coherence.drop(key, InvalidationCause.WRITE);
        }
      }
      case FLUSH -> {
        fenced = true;
        coherence.fences().raiseAll();
        coherence.flush();
      }
    }
  }

  /**
   * The first bytes of the command's reply have arrived and nobody has seen them.
   *
   * @param in the buffer they are in
   * @param from index of the first byte
   * @param to index after the last
   * @param whole whether these bytes are the whole reply
   */
  public void replied(ByteBuf in, int from, int to, boolean whole) {
    boolean changedNothing =
        switch (kind) {
          case GET -> coherence.mode() == L1Mode.SHADOW || (whole && showsWhatIsHeld(in, from, to));
          case READ -> coherence.mode() == L1Mode.SHADOW;
          case UNKNOWN -> isRefusal(in, from, to);
          case WRITE, FLUSH -> false;
        };
    noteOpaque();
    if (!changedNothing) {
      end();
    }
  }

  /** A client will be shown {@code reply}, null for nil, that came from elsewhere than Redis. */
  public void shown(byte @Nullable [] reply) {
    Entry held = coherence.held(keys.getFirst());
    boolean same = held != null && held.shows(reply);
    if (!same) {
      end();
    }
  }

  /** Its reply, if there is one, cannot be told from others: it may show or have changed all. */
  public void lost() {
    noteOpaque();
    end();
  }

  /** No reply will arrive; whether the command was executed is not known, and nobody is told. */
  public void unanswered() {
    if (!reads()) {
      end();
    }
  }

  /** The command was not sent, and will not be. */
  public void refused() {
    if (kind != Kind.UNKNOWN) {
      unanswered();
    }
  }

  private void noteOpaque() {
    if (opaque) {
      coherence.opaqueEnded();
    }
  }

  private void end() {
    switch (kind) {
      case GET, READ -> {
        for (LookupKey key : keys) {
          coherence.drop(key, InvalidationCause.RELAY_READ);
        }
      }
      case WRITE -> {
        for (LookupKey key : keys) {
          coherence.drop(key, InvalidationCause.WRITE);
        }
        if (fenced) {
          keys.forEach(key -> coherence.fences().lower(key.hashCode()));
        }
      }
      case FLUSH -> {
        coherence.flush();
        if (fenced) {
          coherence.fences().lowerAll();
        }
      }
      case UNKNOWN -> coherence.flush();
    }
    fenced = false;
  }

  private static boolean isRefusal(ByteBuf in, int from, int to) {
    byte[] refusal = REFUSAL;
    if (to - from < refusal.length) {
      return false;
    }
    for (int i = 0; i < refusal.length; i++) {
      if (in.getByte(from + i) != refusal[i]) {
        return false;
      }
    }
    return true;
  }

  private boolean showsWhatIsHeld(ByteBuf in, int from, int to) {
    @Nullable Entry held = coherence.held(keys.getFirst());
    return held != null && held.shows(in, from, to - from);
  }
}
