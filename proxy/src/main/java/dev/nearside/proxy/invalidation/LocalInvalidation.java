package dev.nearside.proxy.invalidation;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.tier.local.Entry;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Forgets what L1 of this sidecar holds, in all its databases: names carry none. Thread-safe; when
 * a call returns, no look-up finds what was there before it.
 */
final class LocalInvalidation {
  private final Coherence coherence;
  private final Namespaces namespaces;

  /** One looks through L1 at a time: many at once would only take the processors from clients. */
  private final ReentrantLock looking = new ReentrantLock();

  LocalInvalidation(Coherence coherence, Namespaces namespaces) {
    this.coherence = coherence;
    this.namespaces = namespaces;
  }

  /**
   * Forgets {@code target}; of tags, only those that the configuration gives. Looks through all of
   * L1 unless {@code target} is keys.
   *
   * @return how many entries and flights that were
   */
  int forget(Target target) {
    return switch (target) {
      case Target.Keys(List<byte[]> names) -> names.stream().mapToInt(coherence::invalidate).sum();
      case Target.Prefix(byte[] prefix) -> look(name -> begins(name, prefix));
      case Target.Pattern(Glob glob) -> look(name -> glob.matches(name, name.length));
      case Target.Tags(List<byte[]> tags) -> look(name -> carries(name, tags));
    };
  }

  /** Returns whether there are cached queries, whose results carry tags in Redis as well. */
  boolean knowsQueries() {
    return namespaces.all().stream().anyMatch(Namespace::isQuery);
  }

  /** Forgets everything at once. */
  void forgetAll() {
    coherence.repair();
  }

  /** Says something of a name. */
  private interface OfName {
    boolean holds(byte[] name);
  }

  private int look(OfName chosen) {
    looking.lock();
    try {
      return coherence.invalidate((Entry entry) -> chosen.holds(entry.name()));
    } finally {
      looking.unlock();
    }
  }

  private static boolean begins(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }

  private boolean carries(byte[] name, List<byte[]> tags) {
    for (byte[] carried : namespaces.tagsOf(name, name.length)) {
      for (byte[] tag : tags) {
        if (Arrays.equals(carried, tag)) {
          return true;
        }
      }
    }
    return false;
  }
}
