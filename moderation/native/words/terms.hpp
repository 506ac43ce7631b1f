// What the model knows: its terms by row, found without making strings of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "text/hashing.hpp"
#include "text/text.hpp"

namespace moderation {

constexpr std::int32_t no_row = -1;

// What a term is worth: `evidence` is idf·w, `energy` idf².
struct Worth {
    double evidence, energy;
};

// Which kind of spam: weights by row and label, and the bias of each label.
struct Labels {
    std::vector<float> weights, bias;
};

class Terms {
public:
    // Args: the terms in the order of their rows, one a line, UTF-8, and what each is worth.
    // Throws std::invalid_argument where these do not fit.
    Terms(std::string_view lines, std::vector<Worth> worth, Labels labels, double smoothing, double bias);

    struct Known {
        std::int32_t row = no_row;
        // Its numbers as the first and as the second word of a pair; -1 where no pair has it.
        std::int32_t left = -1, right = -1;
    };

    Known find(View word) const;
    std::int32_t pair(std::int32_t left, std::int32_t right) const;
    std::int32_t sounds(char32_t first, char32_t second) const;

    const Worth& worth(std::int32_t row) const { return worth_[static_cast<std::size_t>(row)]; }
    double evidence(std::int32_t row) const { return row < 0 ? 0.0 : worth(row).evidence; }
    double idf(std::int32_t row) const {
        return row < 0 ? std::numeric_limits<double>::infinity() : std::sqrt(worth(row).energy);
    }
    std::size_t size() const { return worth_.size(); }
    // The term of a row, UTF-8.
    std::string_view term(std::int32_t row) const;

    double smoothing, bias;

    // The log-odds that a text with these rows is spam; sorts them and drops those that stand there twice.
    double score(std::vector<std::int32_t>& rows) const;

    // The log-odds of each label given that a text with these rows, each once, is spam.
    std::vector<double> label_logits(const std::vector<std::int32_t>& rows) const;

private:
    struct Slot {
        std::uint64_t hash;
        std::uint32_t at, size;  // in text_
        Known known;
    };
    Known& insert(View word);

    std::string lines_;
    std::vector<std::uint32_t> line_at_;
    std::vector<Worth> worth_;
    Labels labels_;
    Text text_;
    std::vector<Slot> words_;
    // Of two parts each, with open addressing: keys of 42 bits above rows of 22; 0 is free.
    struct Table {
        std::vector<std::uint64_t> slots;
        Filter filter;

        void reset(std::size_t keys);
        void put(std::uint64_t key, std::size_t row);
        std::int32_t get(std::uint64_t key) const;
    };
    Table pairs_, sounds_;
};

}  // namespace moderation
