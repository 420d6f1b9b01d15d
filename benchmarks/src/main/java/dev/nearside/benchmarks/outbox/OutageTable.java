package dev.nearside.benchmarks.outbox;

import dev.nearside.benchmarks.report.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** An outage as a report shows it. */
final class OutageTable {
  private OutageTable() {}

  static Table of(Outage.Outcome outcome) {
    Table table =
        new Table(
            "PostgreSQL away",
            "The same clients, with %,d keys, while PostgreSQL is stopped (a fast shutdown) and much"
                    .formatted(outcome.keys())
                + " later started again, and one reader: of the keys that are written, and of rows"
                + " that nobody writes, each for the first time, which only the database has. Checked"
                + " at the end as above; a row is what it holds, or an error, never absent.",
            "PostgreSQL",
            "s",
            "writes acknowledged",
            "a second",
            "refused",
            "unknown",
            "written keys read",
            "errors",
            "rows read",
            "errors");
    outcome
        .phases()
        .forEach((phase, told) ->
            table.row(
                phase,
                String.format(Locale.ROOT, "%.1f", told.seconds()),
                count(told.acknowledged()),
                count(Math.round(told.acknowledged() / told.seconds())),
                count(told.refused()),
                count(told.unknown()),
                count(told.written().answered()),
                count(told.written().failed()),
                count(told.rows().answered()),
                count(told.rows().failed())));
    outcome
        .tally()
        .errors()
        .forEach((said, count) -> table.raw("writes: " + said, count.doubleValue()));
    outcome
        .reads()
        .errors()
        .forEach((said, count) -> table.raw("reads: " + said, count.doubleValue()));
    table.raw("keys waiting, at most before", (double) outcome.usual());
    table.raw("keys waiting, at most", (double) outcome.deepest());
    table.raw("drained: ms", outcome.drainedMs());
    table.raw("violations", (double) outcome.violations().count());
    return table;
  }

  static List<String> notes(Outage.Outcome outcome) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "PostgreSQL away: at most %,d keys waited in the outbox (%,d while it was there); %,.0f ms after it was back no more than that"
            .formatted(outcome.deepest(), outcome.usual(), outcome.drainedMs()));
    notes.add(
        "PostgreSQL away: %,d changes of rows, compared with what clients were told and what sidecars answer: %d violations"
            .formatted(outcome.applied(), outcome.violations().count()));
    notes.addAll(outcome.violations().shown());
    return notes;
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
