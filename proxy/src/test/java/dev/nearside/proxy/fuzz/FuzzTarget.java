package dev.nearside.proxy.fuzz;

import dev.nearside.proxy.capture.PgOutputFuzz;
import dev.nearside.proxy.command.CommandReplyFuzz;
import dev.nearside.proxy.command.KeyPositionsFuzz;
import dev.nearside.proxy.config.YamlReaderFuzz;
import dev.nearside.proxy.namespace.KeyTemplateFuzz;
import dev.nearside.proxy.resp.InlineArgumentsFuzz;
import dev.nearside.proxy.resp.ReplyScannerFuzz;
import dev.nearside.proxy.resp.RequestParserFuzz;
import dev.nearside.proxy.server.HelloOptionsFuzz;
import dev.nearside.proxy.server.SubscriptionsFuzz;
import dev.nearside.proxy.tier.local.EntryFuzz;
import java.util.List;
import java.util.function.Consumer;

/**
 * What is fuzzed.
 *
 * @param label its name on the command line, and that of its folder in the corpus
 * @param type the class whose {@code fuzzerTestOneInput} the fuzzer calls
 * @param check that method: takes any bytes and throws only what is a finding
 */
record FuzzTarget(String label, Class<?> type, Consumer<byte[]> check) {
  static final List<FuzzTarget> ALL =
      List.of(
          new FuzzTarget(
              "request-parser", RequestParserFuzz.class, RequestParserFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "inline-arguments",
              InlineArgumentsFuzz.class,
              InlineArgumentsFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "reply-scanner", ReplyScannerFuzz.class, ReplyScannerFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "key-positions", KeyPositionsFuzz.class, KeyPositionsFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "command-reply", CommandReplyFuzz.class, CommandReplyFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "hello-options", HelloOptionsFuzz.class, HelloOptionsFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "subscriptions", SubscriptionsFuzz.class, SubscriptionsFuzz::fuzzerTestOneInput),
          new FuzzTarget(
              "key-template", KeyTemplateFuzz.class, KeyTemplateFuzz::fuzzerTestOneInput),
          new FuzzTarget("entry", EntryFuzz.class, EntryFuzz::fuzzerTestOneInput),
          new FuzzTarget("pg-output", PgOutputFuzz.class, PgOutputFuzz::fuzzerTestOneInput),
          new FuzzTarget("yaml-reader", YamlReaderFuzz.class, YamlReaderFuzz::fuzzerTestOneInput));

  /** Returns the targets that {@code name} names, all of them for "all". */
  static List<FuzzTarget> named(String name) {
    List<FuzzTarget> named =
        ALL.stream().filter(target -> name.equals("all") || target.label.equals(name)).toList();
    if (named.isEmpty()) {
      String known = String.join(", ", ALL.stream().map(FuzzTarget::label).toList());
      throw new IllegalArgumentException("there is no target " + name + "; there are: " + known);
    }
    return named;
  }

  @Override
  public String toString() {
    return label;
  }
}
