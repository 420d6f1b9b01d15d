package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Query;
import org.jspecify.annotations.Nullable;

/** Reports what cached queries lack, and what in them cannot hold together. */
final class QueryContradictions {
  private final NearsideConfig config;
  private final Settings settings;
  private final Problems problems;
  private final NamespaceChecks checks;

  QueryContradictions(
      NearsideConfig config, Settings settings, Problems problems, NamespaceChecks checks) {
    this.config = config;
    this.settings = settings;
    this.problems = problems;
    this.checks = checks;
  }

  void report() {
    for (Query query : config.queries()) {
      reportMissing(query, QueryKeys.SQL, "a SELECT");
      reportMissing(query, QueryKeys.L2_TTL, "the expiry of its results in Redis, such as 5m");
      reportDatabase(query);
      reportL1Ttl(query);
      reportStrict(query);
      if (isSound(query, QueryKeys.SQL) && isSound(query, QueryKeys.ARGUMENTS)) {
        reportStatement(query);
      }
    }
  }

  private void reportMissing(Query query, Key<Query, ?> key, String expected) {
    String path = path(query, key);
    if (!settings.isGiven(path)) {
      problems.add(
          settings.origin(Family.QUERIES, query.name()), path, "missing; expected " + expected);
    }
  }

  private void reportDatabase(Query query) {
    if (config.database() == null && !problems.isRefused(Keys.DATABASE_URL.path())) {
      add(query, QueryKeys.SQL, "given without a database to ask; expected database.url");
    }
  }

  private void reportL1Ttl(Query query) {
    if (query.l1Ttl().compareTo(config.l1().maxTtl()) > 0
        && isSound(query, QueryKeys.L1_TTL)
        && !problems.isRefused(Keys.L1_MAX_TTL.path())) {
      add(
          query,
          QueryKeys.L1_TTL,
          Problems.quoted(String.valueOf(QueryKeys.L1_TTL.yaml(query)))
              + " is above l1.max-ttl, which is "
              + Keys.L1_MAX_TTL.yaml(config)
              + "; expected at most that");
    }
  }

  private void reportStrict(Query query) {
    if (query.strict()
        && query.staleIfError().isPositive()
        && isSound(query, QueryKeys.STALE_IF_ERROR)) {
      add(
          query,
          QueryKeys.STALE_IF_ERROR,
          Problems.quoted(String.valueOf(QueryKeys.STALE_IF_ERROR.yaml(query)))
              + " contradicts strict: true, whose reads are never stale; expected one of them");
    }
  }

  /** Its arguments, then its SQL and its tags, which name them. */
  private void reportStatement(Query query) {
    String ofArguments = refusal(() -> checks.keys().accept(query.asNamespace().keys()));
    if (ofArguments != null) {
      add(query, QueryKeys.ARGUMENTS, "cannot be used: " + ofArguments);
      return;
    }
    String ofSql = refusal(() -> checks.query().accept(query.asNamespace()));
    if (ofSql != null && settings.isGiven(path(query, QueryKeys.SQL))) {
      add(query, QueryKeys.SQL, "cannot be used: " + ofSql);
    }
    String ofTags = refusal(() -> checks.tags().accept(query.asNamespace()));
    if (ofTags != null) {
      add(query, QueryKeys.TAGS, "does not fit its arguments: " + ofTags);
    }
  }

  private static @Nullable String refusal(Runnable check) {
    try {
      check.run();
      return null;
    } catch (IllegalArgumentException e) {
      return Problems.printable(String.valueOf(e.getMessage()));
    }
  }

  private boolean isSound(Query query, Key<Query, ?> key) {
    return !problems.isRefused(path(query, key));
  }

  private static String path(Query query, Key<Query, ?> key) {
    return QueryKeys.prefix(query.name()) + key.path();
  }

  private void add(Query query, Key<Query, ?> key, String sentence) {
    String path = path(query, key);
    problems.add(settings.origin(path), path, sentence);
  }
}
