package dev.nearside.proxy.history;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One request, or the several of a transaction, as a client sends it.
 *
 * @param declared whether a script names its keys
 */
@SuppressWarnings("ArrayRecordComponent") // becomes the steps of an operation, which are an array
record Request(Form form, Step[] steps, boolean declared) {
  private static final String SCRIPT =
      "local r={} for i,c in ipairs(cjson.decode(ARGV[1])) do r[i]=redis.pcall(unpack(c)) end return"
          + " r";

  /** How its steps are sent. */
  enum Form {
    PLAIN,
    EXEC,
    SCRIPT,
    PUBLISH,
    PUSH
  }

  static Request plain(Step step) {
    return new Request(Form.PLAIN, new Step[] {step}, true);
  }

  /** Adds it to what is sent next. */
  void addTo(Wire wire, Group group) {
    switch (form) {
      case PLAIN -> wire.add(steps[0].words(group));
      case PUBLISH -> wire.add(List.of("PUBLISH", group.channel(), steps[0].text()));
      case PUSH -> wire.add(List.of("RPUSH", group.queue(), steps[0].text()));
      case EXEC -> {
        wire.add(List.of("MULTI"));
        commands().forEach(step -> wire.add(step.words(group)));
        wire.add(List.of("EXEC"));
      }
      case SCRIPT -> {
        Set<String> names = new LinkedHashSet<>();
        if (declared) {
          commands()
              .flatMapToInt(step -> IntStream.of(step.slots()))
              .forEach(slot -> names.add(group.name(slot)));
        }
        Stream<String> head = Stream.of("EVAL", SCRIPT, Integer.toString(names.size()));
        wire.add(
            Stream.of(head, names.stream(), Stream.of(json(group)))
                .flatMap(words -> words)
                .toList());
      }
    }
  }

  /** Returns the steps that are sent as commands. */
  Stream<Step> commands() {
    return Stream.of(steps).filter(step -> step.verb() != Verb.IS);
  }

  private String json(Group group) {
    StringJoiner commands = new StringJoiner(",", "[", "]");
    commands()
        .forEach(step -> {
          StringJoiner words = new StringJoiner("\",\"", "[\"", "\"]");
          step.words(group).forEach(words::add);
          commands.add(words.toString());
        });
    return commands.toString();
  }
}
