package dev.nearside.benchmarks.load;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Shorter rounds than other runs have: 18 loads on two or three servers each in six minutes. */
final class LinksDefaults implements IDefaultValueProvider {
  private static final Map<String, String> VALUES =
      Map.of("--rounds", "3", "--seconds", "0.9", "--warmup", "0.4", "--first", "3");

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    return argument instanceof OptionSpec option ? VALUES.get(option.longestName()) : null;
  }
}
