package dev.nearside.proxy.admin;

import dev.nearside.proxy.config.NearsideConfig.L1Mode;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The switch of L1 at run time.
 *
 * @param mode the mode in force
 * @param set changes it, or returns why it cannot; called on the HTTP thread, must not wait
 */
public record L1Switch(Supplier<L1Mode> mode, Function<L1Mode, @Nullable String> set) {}
