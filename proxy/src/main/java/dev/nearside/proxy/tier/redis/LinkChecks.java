package dev.nearside.proxy.tier.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checks of one link. What the upstream does not answer is not asked again on this link; that
 * is said once, and is no reason to give the link up. Asked by ticks, told on the connection's
 * thread.
 */
final class LinkChecks {
  private static final Logger log = LoggerFactory.getLogger(LinkChecks.class);

  private static final class Asked {
    final LinkCheck check;
    long nextNs;

    Asked(LinkCheck check, long nextNs) {
      this.check = check;
      this.nextNs = nextNs;
    }
  }

  private final TrackedLink link;
  private final List<Asked> running = new CopyOnWriteArrayList<>();
  private final List<String> off = new CopyOnWriteArrayList<>();

  LinkChecks(TrackedLink link, List<LinkCheck> checks) {
    this.link = link;
    long nowNs = System.nanoTime();
    for (LinkCheck check : checks) {
      running.add(new Asked(check, nowNs + check.intervalNs()));
    }
  }

  /** Asks everything for the first time; answers come in the order of questions. */
  void askAll() {
    running.forEach(this::ask);
  }

  /** Asks what has to be asked twice before the generation opens, after the first answers. */
  void askAgain() {
    running.stream().filter(each -> each.check.asksTwice()).forEach(this::ask);
  }

  /** Asks what is due; returns whether anything was sent. */
  boolean askDue(long nowNs) {
    boolean sent = false;
    for (Asked each : running) {
      String overdue = each.check.overdue(nowNs);
      if (overdue != null) {
        link.lost(each.check.end(), overdue);
        return false;
      }
      if (nowNs - each.nextNs >= 0) {
        each.nextNs = nowNs + each.check.intervalNs();
        ask(each);
        sent = true;
      }
    }
    return sent;
  }

  /** The upstream does not answer for what is asked elsewhere, under this label. */
  void noteOff(String label, String why) {
    if (!off.contains(label)) {
      off.add(label);
      log.warn("the upstream does not answer for {}, so that is not watched: {}", label, why);
    }
  }

  /** Returns the labels of the checks that the upstream does not answer. */
  List<String> off() {
    return new ArrayList<>(off);
  }

  private void ask(Asked asked) {
    link.ask(asked.check.question(), told -> answered(asked, told));
  }

  private void answered(Asked asked, Told told) {
    LinkCheck check = asked.check;
    String fault = null;
    if (told.error() == null) {
      fault = check.answered(told);
    } else if (!link.isOpen() || told.isForbidden()) {
      fault = check.refused(told);
      turnOff(asked, told);
    }
    if (fault != null) {
      link.lost(check.end(), fault);
    }
  }

  private void turnOff(Asked asked, Told told) {
    running.remove(asked);
    off.add(asked.check.label());
    log.warn(
        "the upstream does not answer {}, so that is not watched: {}",
        String.join(" ", asked.check.question()),
        told.error());
  }
}
