package dev.nearside.proxy.invalidation;

import dev.nearside.proxy.coherence.Coherence;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.telemetry.InvalidationScope;
import dev.nearside.proxy.telemetry.Metrics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Invalidation on request, of this sidecar or the fleet, and the tags given by request.
 * Thread-safe; never waits on the caller's thread.
 */
public final class Invalidation {
  /**
   * What became of a request.
   *
   * @param count entries and flights removed here, or tags that were new
   * @param shortfall what could not be done and why, as an error is worded, or null; the rest has
   *     been done all the same
   */
  public record Outcome(long count, @Nullable String shortfall) {}

  private static final Logger log = LoggerFactory.getLogger(Invalidation.class);

  /** So many may be removed on an event loop. */
  private static final int FEW_KEYS = 128;

  private final LocalInvalidation local;
  private final Fleet fleet;
  private final TagStore tags;
  private final Duration patience;
  private final Metrics metrics;

  /**
   * Creates it, and starts listening to the fleet.
   *
   * @param patience how long each question to the upstream may take
   */
  public Invalidation(
      Coherence coherence,
      Namespaces namespaces,
      FleetBus bus,
      TagStore tags,
      Duration patience,
      Metrics metrics) {
    this.local = new LocalInvalidation(coherence, namespaces);
    this.fleet = new Fleet(bus, local, patience, metrics);
    this.tags = tags;
    this.patience = patience;
    this.metrics = metrics;
  }

  /** Returns this sidecar's place in the fleet; the caller closes it. */
  public Fleet fleet() {
    return fleet;
  }

  /**
   * Forgets {@code target}. Few keys, here, are forgotten before this returns; all else on a
   * virtual thread.
   *
   * @param done told once, on this or a virtual thread, when what was there before is forgotten
   *     here and, for the fleet, the upstream has taken the message
   */
  public void forget(InvalidationScope scope, Target target, Consumer<Outcome> done) {
    metrics.invalidationRequests(scope).increment();
    boolean few = target instanceof Target.Keys(List<byte[]> names) && names.size() <= FEW_KEYS;
    if (scope == InvalidationScope.LOCAL && few) {
      done.accept(new Outcome(local.forget(target), null));
    } else {
      run(() -> forget(scope, target), done);
    }
  }

  /** Gives {@code key} tags that every sidecar knows; as {@link #forget} otherwise. */
  public void tag(byte[] key, List<byte[]> added, Consumer<Outcome> done) {
    run(() -> tag(key, added), done);
  }

  private interface Task {
    Outcome run();
  }

  private static void run(Task task, Consumer<Outcome> done) {
    Thread.ofVirtual()
        .name("nearside-invalidation")
        .start(() -> {
          Outcome outcome;
          try {
            outcome = task.run();
          } catch (RuntimeException fault) { // the rim: ours, and somebody waits
            log.error("an invalidation ended in a fault of ours", fault);
            outcome = new Outcome(0, "ERR this is a bug of the sidecar, see its log");
          }
          done.accept(outcome);
        });
  }

  private Outcome forget(InvalidationScope scope, Target target) {
    boolean tellsFleet = scope == InvalidationScope.FLEET;
    List<String> shortfalls = new ArrayList<>(1);
    long removed = 0;
    if (tellsFleet && target instanceof Target.Tags(List<byte[]> names)) {
      removed += names.stream().mapToLong(tag -> dropResults(tag, shortfalls)).sum();
    }
    removed += local.forget(target);
    String untold = tellsFleet ? fleet.tell(target) : null;
    if (target instanceof Target.Tags(List<byte[]> names)) {
      for (byte[] tag : names) {
        TaggedKeys of = new TaggedKeys(tag, tellsFleet && untold == null);
        removed += of.forget();
        untold = untold == null ? of.untold : untold;
        shortfalls.addAll(of.unknown);
      }
    }
    if (untold != null) {
      shortfalls.addFirst("invalidated here only: the fleet could not be told: " + untold);
    }
    return new Outcome(
        removed, shortfalls.isEmpty() ? null : "TRYAGAIN " + String.join("; ", shortfalls));
  }

  /**
   * Results of cached queries go from Redis, too: nobody else would delete them there. Of their
   * going every sidecar is told as of any other; here it is certain at once.
   */
  private long dropResults(byte[] tag, List<String> shortfalls) {
    if (!local.knowsQueries()) {
      return 0;
    }
    Asked<List<byte[]>> dropped = Asked.await(tags.dropResults(tag), patience);
    List<byte[]> keys = dropped.answer();
    if (keys == null) {
      shortfalls.add("results of cached queries stay in Redis: " + dropped.failure());
      return 0;
    }
    return local.forget(new Target.Keys(keys));
  }

  /** The keys to which NEARSIDE.TAG gave one tag. */
  private final class TaggedKeys {
    private final byte[] tag;
    private final boolean tellsFleet;
    private final List<String> unknown = new ArrayList<>(1);
    private @Nullable String untold;

    TaggedKeys(byte[] tag, boolean tellsFleet) {
      this.tag = tag;
      this.tellsFleet = tellsFleet;
    }

    long forget() {
      long removed = 0;
      String from = null;
      do {
        Asked<TagStore.Page> asked = Asked.await(tags.page(tag, from), patience);
        TagStore.Page page = asked.answer();
        if (page == null) {
          unknown.add(
              "invalidated only by the tags of namespaces: the keys given by NEARSIDE.TAG are not"
                  + " known: "
                  + asked.failure());
          return removed;
        }
        removed += forget(page.keys());
        from = page.next();
      } while (from != null);
      return removed;
    }

    private long forget(List<byte[]> keys) {
      if (keys.isEmpty()) {
        return 0;
      }
      Target.Keys target = new Target.Keys(keys);
      long removed = local.forget(target);
      if (tellsFleet && untold == null) {
        untold = fleet.tell(target);
      }
      return removed;
    }
  }

  private Outcome tag(byte[] key, List<byte[]> added) {
    List<CompletionStage<Boolean>> asked = added.stream().map(tag -> tags.add(tag, key)).toList();
    long fresh = 0;
    String failure = null;
    for (CompletionStage<Boolean> one : asked) {
      Asked<Boolean> said = Asked.await(one, patience);
      fresh += Boolean.TRUE.equals(said.answer()) ? 1 : 0;
      failure = failure == null ? said.failure() : failure;
    }
    return new Outcome(
        fresh,
        failure == null ? null : "TRYAGAIN not every tag could be kept in Redis: " + failure);
  }
}
