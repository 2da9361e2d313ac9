// Plays scenes in order and ends with the table that compares the floods among them.
#pragma once

#include <tool/demo/scene.hpp>
#include <tool/demo/stage.hpp>

#include <span>

namespace weir::tool::demo {

/// The scenes of the tour with the table before its closing ones.
void play_tour(stage&);

/// These scenes, and the table when they flooded anything.
void play(stage&, std::span<const scene* const>);

}  // namespace weir::tool::demo
